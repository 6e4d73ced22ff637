//! What curl's options mean for a request.

/// What an option means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The method.
    Request,
    /// The method HEAD.
    Head,
    /// The body goes into the query.
    Get,
    /// The URL.
    Url,
    /// A header.
    Header,
    /// The value of this header.
    HeaderNamed(&'static str),
    /// The `Range` header, without its unit.
    Range,
    /// A bearer token.
    Bearer,
    /// Cookies, or a file of them.
    Cookie,
    /// A body, or a file of it.
    Data,
    /// A body as it is.
    DataRaw,
    /// A body of JSON.
    Json,
    /// A part of a form.
    Form,
    /// Certificates are not verified.
    Insecure,
    /// An address for a host.
    Resolve,
    /// Nothing that concerns the request.
    Nothing,
    /// The same, with a value.
    NothingWithValue,
    /// Something that is not modelled, with a value.
    UnusedWithValue,
}

impl Meaning {
    /// Whether a value follows the option.
    pub(super) fn takes_value(self) -> bool {
        !matches!(self, Meaning::Head | Meaning::Get | Meaning::Insecure | Meaning::Nothing)
    }
}

/// The meaning of an option, `None` for one that is not known.
pub(super) fn meaning(option: &str) -> Option<Meaning> {
    Some(match option {
        "-X" | "--request" => Meaning::Request,
        "-I" | "--head" => Meaning::Head,
        "-G" | "--get" => Meaning::Get,
        "--url" => Meaning::Url,
        "-H" | "--header" => Meaning::Header,
        "-A" | "--user-agent" => Meaning::HeaderNamed("user-agent"),
        "-e" | "--referer" => Meaning::HeaderNamed("referer"),
        "-r" | "--range" => Meaning::Range,
        "--oauth2-bearer" => Meaning::Bearer,
        "-b" | "--cookie" => Meaning::Cookie,
        "-d" | "--data" | "--data-ascii" | "--data-binary" => Meaning::Data,
        "--data-raw" | "--data-urlencode" => Meaning::DataRaw,
        "--json" => Meaning::Json,
        "-F" | "--form" | "--form-string" => Meaning::Form,
        "-k" | "--insecure" => Meaning::Insecure,
        "--resolve" => Meaning::Resolve,
        "--compressed"
        | "-s"
        | "--silent"
        | "-S"
        | "--show-error"
        | "-i"
        | "--include"
        | "-v"
        | "--verbose"
        | "-L"
        | "--location"
        | "-g"
        | "--globoff"
        | "-f"
        | "--fail"
        | "-N"
        | "--no-buffer"
        | "-#"
        | "--progress-bar"
        | "-O"
        | "--http1.0"
        | "--http1.1"
        | "--http2"
        | "--http2-prior-knowledge"
        | "--http3"
        | "-4"
        | "--ipv4"
        | "-6"
        | "--ipv6"
        | "--path-as-is"
        | "--no-keepalive"
        | "--tlsv1.2"
        | "--tlsv1.3" => Meaning::Nothing,
        "-o" | "--output" | "-w" | "--write-out" | "-m" | "--max-time" | "--connect-timeout" | "-D"
        | "--dump-header" | "--retry" | "--retry-delay" | "--limit-rate" | "--max-redirs" | "--stderr" | "--trace"
        | "--trace-ascii" => Meaning::NothingWithValue,
        "-u" | "--user" | "-x" | "--proxy" | "-U" | "--proxy-user" | "-T" | "--upload-file" | "-c" | "--cookie-jar"
        | "-E" | "--cert" | "--key" | "--cacert" | "--capath" | "-K" | "--config" | "--connect-to" | "--interface"
        | "--unix-socket" | "--aws-sigv4" | "--ciphers" | "--tls-max" | "--proto" | "--dns-servers" => {
            Meaning::UnusedWithValue
        }
        _ => return None,
    })
}
