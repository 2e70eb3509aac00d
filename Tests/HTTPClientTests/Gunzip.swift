import Glibc

struct GunzipError: Error {}

/// The system's own gzip reads what ours wrote.
func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let path = "/tmp/cinelog-gunzip-\(getpid())"
    defer { unlink(path) }
    guard let file = fopen(path, "w"), fwrite(bytes, 1, bytes.count, file) == bytes.count, fclose(file) == 0,
        let pipe = popen("gzip -dc < \(path)", "r")
    else { throw GunzipError() }
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 { result += chunk[..<count] }
    guard pclose(pipe) == 0 else { throw GunzipError() }
    return result
}
