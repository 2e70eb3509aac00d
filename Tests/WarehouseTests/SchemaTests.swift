import Events
import Testing
import Warehouse

extension EngineTests {
    @Suite struct SchemaTests {
        let folder = TemporaryFolder()

        @Test func `Migrating twice, and again after reopening, changes nothing`() throws {
            let first = try openWarehouse(in: folder)
            try first.migrate()
            #expect(try first.value("SELECT count(), max(version) FROM schema_migrations") == "1\t1")
            try first.insert(click(id: 1), into: .click, token: "a")
            first.close()

            let second = try openWarehouse(in: folder)
            defer { second.close() }
            #expect(try second.value("SELECT count(), max(version) FROM schema_migrations") == "1\t1")
            #expect(try second.value("SELECT count() FROM clicks") == "1")
        }
    }
}
