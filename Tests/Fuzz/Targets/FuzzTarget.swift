/// Something that reads bytes which anybody may have made.
protocol FuzzTarget {
    /// What must hold for every input; where it does not, the process ends with a reason.
    func take(_ input: UnsafeRawBufferPointer)
}

/// Every target by its name: the folder of its kept inputs.
enum FuzzTargets {
    static let names = ["framing", "event", "token", "keys", "settings", "log"]

    static func target(_ name: String) -> (any FuzzTarget)? {
        switch name {
        case "framing": FramingTarget()
        case "event": EventTarget()
        case "token": TokenTarget()
        case "keys": KeysTarget()
        case "settings": SettingsTarget()
        case "log": LogTarget()
        default: nil
        }
    }
}
