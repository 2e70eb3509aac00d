import Events
import Glibc
import Platform
import Testing
import Warehouse

extension EngineTests {
    @Suite struct OpeningTests {
        let folder = TemporaryFolder()
        let logger = Logger(source: "test", level: .error)

        @Test func `A missing library names ./dev setup and CHDB_LIB_PATH`() throws {
            do throws(WarehouseError) {
                _ = try EmbeddedWarehouse(folder: folder.path, libraryPath: "/nowhere/libchdb.so", logger: logger)
                Issue.record("opened")
            } catch {
                guard case .unavailable(let reason) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(reason.contains("./dev setup") && reason.contains("CHDB_LIB_PATH"))
                #expect(reason.contains("/nowhere/libchdb.so"))
            }
        }

        @Test func `The library is found by its folder`() throws {
            let found = try LibrarySearch.find(explicit: nil)
            let folder = String(found[..<found.lastIndex(of: "/")!])
            #expect(try LibrarySearch.find(explicit: folder) == found)
            #expect(try LibrarySearch.find(explicit: found) == found)
        }

        @Test func `A folder has one warehouse at a time`() throws {
            let first = try openWarehouse(in: folder)
            defer { first.close() }
            do throws(WarehouseError) {
                _ = try EmbeddedWarehouse(folder: folder.path + "/warehouse", logger: logger)
                Issue.record("opened twice")
            } catch {
                #expect("\(error)".contains("is open already"))
            }
            #expect(try first.value("SELECT 1") == "1")
        }

        @Test func `A process has one warehouse at a time`() throws {
            let first = try openWarehouse(in: folder)
            defer { first.close() }
            do throws(WarehouseError) {
                _ = try EmbeddedWarehouse(folder: folder.path + "/other", logger: logger)
                Issue.record("opened twice")
            } catch {
                #expect("\(error)".contains("one warehouse at a time"))
            }
            #expect(try first.value("SELECT 1") == "1")
        }

        @Test func `Another database's folder is left alone`() throws {
            let path = folder.path + "/warehouse"
            mkdir(path, 0o700)
            mkdir(path + "/metadata", 0o700)
            mkdir(path + "/metadata/default", 0o700)
            do throws(WarehouseError) {
                _ = try EmbeddedWarehouse(folder: path, logger: logger)
                Issue.record("opened")
            } catch {
                #expect("\(error)".contains("holds a ClickHouse database"))
            }
        }

        @Test func `Signals stay the process's own, but for SIGPIPE, which is ignored`() throws {
            let before = dispositions()
            let blockedBefore = blocked()
            let warehouse = try openWarehouse(in: folder)
            defer { warehouse.close() }
            _ = try warehouse.client("SELECT 1")
            var after = dispositions()
            #expect(after[SIGPIPE] == unsafeBitCast(SIG_IGN, to: UInt.self))
            after[SIGPIPE] = before[SIGPIPE]
            #expect(after == before)
            #expect(blocked() == blockedBefore)
        }

        private func blocked() -> [Int32] {
            var mask = sigset_t()
            pthread_sigmask(SIG_SETMASK, nil, &mask)
            return (Int32(1)..<32).filter { sigismember(&mask, $0) == 1 }
        }

        private func dispositions() -> [Int32: UInt] {
            var all: [Int32: UInt] = [:]
            for signal in Int32(1)..<32 where signal != SIGKILL && signal != SIGSTOP {
                var action = sigaction()
                sigaction(signal, nil, &action)
                all[signal] = unsafeBitCast(action.__sigaction_handler.sa_handler, to: UInt.self)
            }
            return all
        }
    }
}
