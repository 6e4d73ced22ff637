//! What a request is to CORS, and what was decided about it: the one list that counters, names, access logs and the
//! README follow.

/// What a request is to CORS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `OPTIONS` with `Origin` and `Access-Control-Request-Method` (Fetch, "CORS-preflight request").
    Preflight,
    /// Any other request.
    Request,
}

impl Kind {
    /// Both kinds.
    pub const ALL: [Kind; 2] = [Kind::Preflight, Kind::Request];

    /// The name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Preflight => "preflight",
            Kind::Request => "request",
        }
    }
}

/// Makes the outcomes out of rows of `Variant "name" of the kinds that are counted under it`.
///
/// A row without its kinds does not compile, and nothing else lists outcomes: whoever adds one gets its counter, its
/// name and its text in access logs, and a failing test until the README explains it.
macro_rules! outcomes {
    ($($(#[$doc:meta])* $variant:ident $name:literal of [$($kind:ident),*];)*) => {
        /// What was decided about a request, and why.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Outcome {
            $($(#[$doc])* $variant,)*
        }

        impl Outcome {
            /// Every outcome.
            pub const ALL: [Outcome; [$($name),*].len()] = [$(Outcome::$variant),*];

            /// The name in metrics and logs.
            pub fn name(self) -> &'static str {
                match self {
                    $(Outcome::$variant => $name,)*
                }
            }

            /// The kinds of requests that are counted under this outcome.
            pub fn kinds(self) -> &'static [Kind] {
                match self {
                    $(Outcome::$variant => &[$(Kind::$kind),*],)*
                }
            }

            /// What `%RESPONSE_CODE_DETAILS%` of Envoy's access log says of a reply of the filter's own.
            pub fn response_code_details(self, kind: Kind) -> &'static str {
                match (kind, self) {
                    $((Kind::Preflight, Outcome::$variant) => concat!("cors_preflight_", $name),)*
                    $((Kind::Request, Outcome::$variant) => concat!("cors_request_", $name),)*
                }
            }
        }
    };
}

outcomes! {
    /// The policy allows it.
    Allowed "allowed" of [Preflight, Request];
    /// No rule covers the origin.
    OriginRefused "origin_refused" of [Preflight, Request];
    /// No browser sends such an `Origin`.
    OriginMalformed "origin_malformed" of [Preflight, Request];
    /// No rule covers the origin, but it is the server's own: a page that talks to the server it came from.
    SameOrigin "same_origin" of [Request];
    /// A preflight from an allowed origin asks for a method that the policy does not list.
    MethodRefused "method_refused" of [Preflight];
    /// A preflight from an allowed origin asks for a header that the policy does not list.
    HeadersRefused "headers_refused" of [Preflight];
    /// The path can be read in two ways, so no policy by path applies.
    PathAmbiguous "path_ambiguous" of [Preflight, Request];
    /// The request has no `Origin`. Shown by `debug_header`; not counted, because most traffic is of this kind.
    NoOrigin "no_origin" of [];
}

impl Outcome {
    /// Whether the origin is allowed, so that the response carries CORS headers.
    ///
    /// The answer to a preflight carries them where the method or the headers are refused, too: it lists what is
    /// allowed, so the browser itself names what is not.
    pub fn allows_origin(self) -> bool {
        matches!(self, Outcome::Allowed | Outcome::MethodRefused | Outcome::HeadersRefused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_part_of_the_details() {
        for (at, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, at);
            assert!(Outcome::ALL.iter().skip(at + 1).all(|other| other.name() != outcome.name()));
            for kind in Kind::ALL {
                let details = format!("cors_{}_{}", kind.name(), outcome.name());
                assert_eq!(outcome.response_code_details(kind), details);
            }
        }
    }
}
