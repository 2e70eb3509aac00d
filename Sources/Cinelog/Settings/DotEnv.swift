import Events
import Glibc

/// `.env` files: `NAME=value` lines, `#` comments, an optional `export `, values bare or in single or double quotes; in
/// double quotes `\n` is a line end and `\` takes the next character's meaning away. A quoted value may run over several
/// lines. A `#` behind a space, or behind a quoted value, begins a comment.
package enum DotEnv {
    /// The file's settings; none where there is no file.
    package static func read(_ path: String) throws(SettingError) -> [String: String] {
        guard access(path, F_OK) == 0 else { return [:] }
        return try parse(text(path), path)
    }

    /// A file's text.
    static func text(_ path: String) throws(SettingError) -> String {
        guard let file = fopen(path, "r") else {
            throw SettingError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        let text = ByteBuffer()
        let chunk = 4096
        while true {
            var got = 0
            text.appendUnsafe(chunk) { out in
                got = fread(out, 1, chunk, file)
                return got
            }
            if got < chunk { break }
        }
        guard ferror(file) == 0 else {
            throw SettingError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        return text.string
    }

    /// - Parameter path: what messages call the file. They name lines, never what stands there: it may be a secret.
    package static func parse(_ text: String, _ path: String = ".env") throws(SettingError) -> [String: String] {
        var parser = DotEnvParser(text, path)
        return try parser.parse()
    }
}
