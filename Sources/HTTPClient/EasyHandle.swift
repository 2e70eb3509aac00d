import CCurl

/// Owns one libcurl easy handle (https://curl.se/libcurl/c/libcurl-easy.html) with its connections, and the buffer
/// for its error messages.
final class EasyHandle {
    private let handle: UnsafeMutableRawPointer
    private let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// Once a process, before the first handle; Swift makes that safe between threads.
    private static let library: CURLcode = cinelog_curl_global_init()

    init() {
        precondition(EasyHandle.library == CURLE_OK, "libcurl cannot be initialised")
        handle = curl_easy_init()!
    }

    deinit {
        curl_easy_cleanup(handle)
        message.deallocate()
    }

    /// Forgets the options, keeps the connections.
    func reset() {
        curl_easy_reset(handle)
        message[0] = 0
        set(CURLOPT_ERRORBUFFER, pointer: message)
    }

    func set(_ option: CURLoption, _ value: Int) { check(cinelog_curl_set_long(handle, option, value)) }

    func set(_ option: CURLoption, size: Int) { check(cinelog_curl_set_size(handle, option, size)) }

    func set(_ option: CURLoption, _ text: String) { check(cinelog_curl_set_text(handle, option, text)) }

    func set(_ option: CURLoption, pointer: UnsafeRawPointer?) {
        check(cinelog_curl_set_pointer(handle, option, pointer))
    }

    func set(_ option: CURLoption, callback: curl_write_callback) {
        check(cinelog_curl_set_callback(handle, option, callback))
    }

    /// Setting an option fails only for one that this libcurl lacks, and for want of memory.
    private func check(_ code: CURLcode) {
        precondition(code == CURLE_OK, "libcurl refuses an option: \(String(cString: curl_easy_strerror(code)))")
    }

    func perform() -> CURLcode { curl_easy_perform(handle) }

    /// The last answer's status.
    var status: Int {
        var status = 0
        cinelog_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// What went wrong, in libcurl's words.
    func message(_ code: CURLcode) -> String {
        message[0] == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: message)
    }
}
