import Glibc

/// Are all values allowed, each by itself and together?
enum SettingsChecks {
    /// The settings; nil where they are not good: then nothing else can be looked at.
    static func run() -> (checks: [Check], settings: Settings?) {
        do throws(SettingError) {
            return judge(Settings.environment(), try DotEnv.read(".env"))
        } catch {
            return ([.failed("settings", error.message, do: "mend .env")], nil)
        }
    }

    private static func judge(_ environment: [String: String], _ dotEnv: [String: String])
        -> (checks: [Check], settings: Settings?)
    {
        let faults = Settings.faults(environment: environment, dotEnv: dotEnv)
        guard faults.isEmpty, let settings = try? Settings(environment: environment, dotEnv: dotEnv) else {
            return (
                faults.map {
                    .failed("settings", $0.message, do: "change it; the other checks wait for good settings")
                }, nil
            )
        }
        var checks = settings.unknownNames.map {
            Check.warning("settings", "\($0) in .env is no setting", do: "see whether it is misspelt: cinelog settings")
        }
        checks.append(.ok("settings", "\(Declared.all.count) of them, all valid"))
        return (checks + [tokens(settings)].compactMap { $0 }, settings)
    }

    private static func tokens(_ settings: Settings) -> Check? {
        guard settings[Declared.jwtPublicKey] != nil else { return nil }
        do throws(StartError) {
            _ = try CollectCommand.tokens(settings)
            return .ok("tokens", "JWT_PUBLIC_KEY can be read")
        } catch {
            return .failed("tokens", error.message, do: "set the issuer's public key as PEM, RSA or P-256")
        }
    }
}
