import CADBC
import Glibc

/// One folder, opened in the engine: an ADBC database. Connections retain it.
///
/// `@unchecked Sendable`: the handle is set up in `init` and only read by connections, which the driver allows from any thread.
final class EngineDatabase: @unchecked Sendable {
    let engine: Engine
    let handle: UnsafeMutablePointer<AdbcDatabase>

    init(_ engine: Engine, folder: String, arguments: [(name: String, value: String)]) throws(EngineFailure) {
        self.engine = engine
        let handle = UnsafeMutablePointer<AdbcDatabase>.allocate(capacity: 1)
        handle.initialize(to: AdbcDatabase())
        self.handle = handle
        let driver = engine.driver
        try engineCall { driver.pointee.DatabaseNew(handle, $0) }
        try engineCall { driver.pointee.DatabaseSetOption(handle, "path", folder, $0) }
        for (name, value) in arguments {
            try engineCall { driver.pointee.DatabaseSetOption(handle, "chdb." + name, value, $0) }
        }
        try engineCall { driver.pointee.DatabaseInit(handle, $0) }
    }

    deinit {
        var error = AdbcError()
        _ = engine.driver.pointee.DatabaseRelease(handle, &error)
        error.release?(&error)
        handle.deallocate()
    }
}
