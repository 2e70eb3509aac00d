// `./dev fuzz` builds the settings alone, without the program around them.
#if canImport(FuzzedSettings)
    import FuzzedSettings
#else
    import Cinelog
#endif

/// The text of an `.env` file: settings or a reason, never a crash and never a secret.
struct SettingsTarget: FuzzTarget {
    private static let canary = "canary-9d1f74c2"

    func take(_ input: UnsafeRawBufferPointer) {
        let text = String(decoding: input, as: UTF8.self)
        do throws(SettingError) {
            read(try DotEnv.parse(text))
        } catch {
            check(error, of: text)
        }
    }

    private func read(_ named: [String: String]) {
        var named = named
        let secret = Declared.all.filter { $0.isSecret && named[$0.name] != nil }
        for setting in secret { named[setting.name] = SettingsTarget.canary + (named[setting.name] ?? "") }
        do throws(SettingError) {
            let settings = try Settings(environment: [:], dotEnv: named)
            for setting in Declared.all {
                let shown = settings.shown(setting)
                precondition(!setting.isSecret || shown.isEmpty || shown == "(secret)", "a secret is shown")
            }
        } catch { check(error, of: "") }
        for fault in Settings.faults(environment: named, dotEnv: [:]) { check(fault, of: "") }
    }

    /// - Parameter text: what may be the canary's source besides us.
    private func check(_ error: SettingError, of text: String) {
        precondition(!error.message.isEmpty, "no reason")
        precondition(
            text.contains(SettingsTarget.canary) || !error.message.contains(SettingsTarget.canary), "a secret is told")
    }
}
