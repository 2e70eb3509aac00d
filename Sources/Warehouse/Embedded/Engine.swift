import CADBC
import Glibc
import Synchronization

/// What the engine said when a call failed.
struct EngineFailure: Error, Equatable {
    /// ClickHouse's error code; 0 where the text has none.
    let code: Int
    /// The text without the driver's prefix and the code.
    let message: String
}

/// The engine's library, loaded once a process and never unloaded, and its ADBC entry points.
///
/// `@unchecked Sendable`: the table of functions is filled in `init` and only read afterwards.
final class Engine: @unchecked Sendable {
    let driver: UnsafeMutablePointer<AdbcDriver>

    private static let loaded = Mutex<(path: String, engine: Engine)?>(nil)

    /// The engine from the library at `path`; the same one when it is loaded already.
    static func load(_ path: String) throws(WarehouseError) -> Engine {
        let result: Result<Engine, WarehouseError> = loaded.withLock { loaded in
            if let loaded { return .success(loaded.engine) }
            do throws(WarehouseError) {
                let engine = try Engine(path)
                loaded = (path, engine)
                return .success(engine)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(_ path: String) throws(WarehouseError) {
        let library = try Engine.open(path)
        guard let symbol = dlsym(library, "chdb_adbc_init") else {
            throw .unavailable("\(path) has no ADBC interface (chdb_adbc_init): it is not chDB 26 or newer")
        }
        typealias Initialize =
            @convention(c) (Int32, UnsafeMutableRawPointer?, UnsafeMutablePointer<AdbcError>?)
            -> AdbcStatusCode
        let initialize = unsafeBitCast(symbol, to: Initialize.self)
        driver = .allocate(capacity: 1)
        memset(driver, 0, MemoryLayout<AdbcDriver>.size)
        let driver = driver
        do throws(EngineFailure) {
            try engineCall { initialize(Int32(ADBC_VERSION_1_1_0), driver, $0) }
        } catch {
            throw .unavailable("\(path): \(error.message)")
        }
    }

    /// The wheel's library wants Python's symbols (never used: no interpreter is started) and must find its own C++
    /// runtime before the process's: hence the order, and "deep" binding. A plain libchdb.so needs neither.
    private static func open(_ path: String) throws(WarehouseError) -> UnsafeMutableRawPointer {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        if path.hasSuffix("/_chdb.abi3.so") { try openPythonParts(folder) }
        guard let library = cinelog_open_library(path, 0, 1) else { throw loadFailure(path) }
        return library
    }

    private static func openPythonParts(_ folder: String) throws(WarehouseError) {
        for minor in [11, 13, 12, 10, 14, 9] {
            let binding = "\(folder)/libpybind11nonlimitedapi_chdb_3.\(minor).so"
            guard access(binding, R_OK) == 0, cinelog_open_library("libpython3.\(minor).so.1.0", 1, 0) != nil else {
                continue
            }
            guard cinelog_open_library(binding, 1, 1) != nil else { throw loadFailure(binding) }
            return
        }
        throw .unavailable(
            "\(folder)/_chdb.abi3.so needs Python's shared library and its own libpybind11nonlimitedapi_chdb_3.x.so "
                + "beside it: install libpython3.11 and run ./dev setup")
    }

    private static func loadFailure(_ path: String) -> WarehouseError {
        .unavailable(
            "Cannot load \(path): \(dlerror().map { String(cString: $0) } ?? "no reason given"). Run ./dev setup.")
    }
}

/// Makes an ADBC call and turns its error, if any, into a thrown one.
func engineCall(_ call: (UnsafeMutablePointer<AdbcError>) -> AdbcStatusCode) throws(EngineFailure) {
    var error = AdbcError()
    let status = call(&error)
    defer { error.release?(&error) }
    guard status != ADBC_STATUS_OK else { return }
    throw EngineFailure(text: error.message.map { String(cString: $0) } ?? "ADBC status \(status)")
}

extension EngineFailure {
    /// From `[chdb] Code: 62. DB::Exception: Syntax error… (SYNTAX_ERROR)`.
    init(text: String) {
        var rest = text[...]
        for prefix in ["[chdb] ", "Code: "] where rest.hasPrefix(prefix) { rest = rest.dropFirst(prefix.count) }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        code = Int(digits) ?? 0
        if code != 0 { rest = rest.dropFirst(digits.count) }
        // Old servers: `Code: 62, e.displayText() = DB::Exception: Syntax error…, e.what() = DB::Exception`.
        if let end = rest.firstRange(of: ", e.what() = ") { rest = rest[..<end.lowerBound] }
        for prefix in [", e.displayText() = ", ". ", "DB::Exception: "] where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
        }
        message = String(rest)
    }
}

extension EngineFailure {
    /// A syntax error names a position in the statement that the engine was given; a client means its own.
    func inStatement(after prefix: String) -> EngineFailure {
        let marker = "failed at position "
        guard let found = message.firstRange(of: marker) else { return self }
        let digits = message[found.upperBound...].prefix { $0.isNumber }
        guard let position = Int(digits), position > prefix.utf8.count else { return self }
        let rest = message[digits.endIndex...]
        return EngineFailure(
            code: code, message: "\(message[..<found.upperBound])\(position - prefix.utf8.count)\(rest)")
    }
}
