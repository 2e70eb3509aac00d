/// The settings as documents: the table in docs/operations.md and `.env.example`.
package enum SettingsDocuments {
    package static let begin = "<!-- settings: made by `cinelog settings --markdown` -->"
    package static let end = "<!-- end of settings -->"

    package static func markdown() -> String {
        var text = begin + "\n"
        for section in SettingSection.allCases {
            text += "\n### \(section.rawValue)\n\n| setting | default | what it is |\n| --- | --- | --- |\n"
            for setting in Declared.all where setting.section == section {
                let value = setting.defaultText.isEmpty ? "" : "`\(setting.defaultText)`"
                text += "| `\(setting.name)` | \(value) | \(setting.help) Allowed: \(setting.allowed). |\n"
            }
        }
        return text + "\n" + end
    }

    package static func dotEnv() -> String {
        var text = """
            # Cinelog's settings. Copy to .env in the folder that cinelog is started in; the environment wins over it.
            # Every line is optional: what stands behind # is the default.

            """
        for section in SettingSection.allCases {
            text += "\n# --- \(section.rawValue)\n"
            for setting in Declared.all where setting.section == section {
                text += "\n# \(setting.help)\n#\(setting.name)=\(setting.defaultText)\n"
            }
        }
        return text
    }

    /// The table within a document's text; nil where it has none.
    package static func table(in document: String) -> String? {
        guard let start = document.range(of: begin), let stop = document.range(of: end) else { return nil }
        return String(document[start.lowerBound..<stop.upperBound])
    }
}

extension String {
    /// The first place where `text` stands.
    func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
