//! The CORS check (Fetch, "CORS check"), with the reason of each failure.

use super::response::{ResponseHead, shown};
use super::{Check, Credentials, Failure};
use url::Url;

/// Why a response does not pass the CORS check. The standard knows failure only; browsers tell these apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsFailure {
    /// There is no `Access-Control-Allow-Origin`.
    MissingAllowOrigin,
    /// It is `*`, and the credentials mode is `include`.
    WildcardWithCredentials,
    /// It has several values.
    MultipleAllowOrigins(String),
    /// It is not an origin.
    InvalidAllowOrigin(String),
    /// It is another origin.
    OtherAllowOrigin(String),
    /// `Access-Control-Allow-Credentials` is not `true`; empty where it is missing.
    NoAllowCredentials(String),
}

/// Fetch, "CORS check", of a response to a request of `origin`, as it was serialized in the `Origin` header.
pub fn cors_check(origin: &str, credentials: Credentials, response: &ResponseHead) -> Result<(), CorsFailure> {
    check_allow_origin(origin, credentials, response)?;
    check_allow_credentials(credentials, response)
}

fn check_allow_origin(origin: &str, credentials: Credentials, response: &ResponseHead) -> Result<(), CorsFailure> {
    let Some(value) = response.get("access-control-allow-origin") else { return Err(CorsFailure::MissingAllowOrigin) };
    if value == b"*" {
        return match credentials {
            Credentials::Include => Err(CorsFailure::WildcardWithCredentials),
            Credentials::Omit | Credentials::SameOrigin => Ok(()),
        };
    }
    if value == origin.as_bytes() {
        return Ok(());
    }
    let text = shown(&value);
    Err(if text.contains([' ', ',']) {
        CorsFailure::MultipleAllowOrigins(text)
    } else if text != "null" && Url::parse(&text).is_err() {
        CorsFailure::InvalidAllowOrigin(text)
    } else {
        CorsFailure::OtherAllowOrigin(text)
    })
}

fn check_allow_credentials(credentials: Credentials, response: &ResponseHead) -> Result<(), CorsFailure> {
    if credentials != Credentials::Include {
        return Ok(());
    }
    match response.get("access-control-allow-credentials") {
        Some(value) if value == b"true" => Ok(()),
        value => Err(CorsFailure::NoAllowCredentials(shown(&value.unwrap_or_default()))),
    }
}

/// The CORS check as two checks with their details; the second is not made where the first fails, nor without
/// credentials.
pub fn checks(
    origin: &str,
    credentials: Credentials,
    response: &ResponseHead,
    failure: fn(CorsFailure) -> Failure,
) -> Vec<Check> {
    let allow_origin = check_allow_origin(origin, credentials, response);
    let value = || shown(&response.get("access-control-allow-origin").unwrap_or_default());
    let detail = match &allow_origin {
        Ok(()) if value() == "*" => String::from("Access-Control-Allow-Origin is *"),
        Ok(()) => format!("Access-Control-Allow-Origin is the page's origin, {origin}"),
        Err(CorsFailure::MissingAllowOrigin) => String::from("there is no Access-Control-Allow-Origin"),
        Err(CorsFailure::WildcardWithCredentials) => {
            String::from("Access-Control-Allow-Origin is *, which does not count when the credentials mode is include")
        }
        Err(CorsFailure::MultipleAllowOrigins(value)) => {
            format!("Access-Control-Allow-Origin has several values: {value}")
        }
        Err(_) => format!("Access-Control-Allow-Origin is {:?}, not the page's origin, {origin}", value()),
    };
    let passed = allow_origin.is_ok();
    let mut checks = vec![Check { check: "allow_origin", detail, failure: allow_origin.err().map(failure) }];
    if passed && credentials == Credentials::Include {
        let allow_credentials = check_allow_credentials(credentials, response);
        let detail = match &allow_credentials {
            Err(CorsFailure::NoAllowCredentials(value)) if !value.is_empty() => {
                format!("Access-Control-Allow-Credentials is {value:?}, not \"true\"")
            }
            Err(_) => String::from("the credentials mode is include, and there is no Access-Control-Allow-Credentials"),
            Ok(()) => String::from("Access-Control-Allow-Credentials is true"),
        };
        checks.push(Check { check: "allow_credentials", detail, failure: allow_credentials.err().map(failure) });
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;
    use Credentials::{Include, SameOrigin};

    fn check(credentials: Credentials, headers: &[(&str, &str)]) -> Result<(), CorsFailure> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        cors_check("https://a.test", credentials, &ResponseHead { status: 200, headers })
    }

    const ORIGIN: &str = "access-control-allow-origin";
    const CREDENTIALS: &str = "access-control-allow-credentials";

    #[test]
    fn the_origin_is_compared_byte_by_byte() {
        assert_eq!(check(SameOrigin, &[(ORIGIN, "https://a.test")]), Ok(()));
        assert_eq!(check(SameOrigin, &[(ORIGIN, "*")]), Ok(()));
        assert_eq!(check(SameOrigin, &[]), Err(CorsFailure::MissingAllowOrigin));
        for (value, failure) in [
            ("https://a.test/", CorsFailure::OtherAllowOrigin("https://a.test/".into())),
            ("null", CorsFailure::OtherAllowOrigin("null".into())),
            ("https://a.test, *", CorsFailure::MultipleAllowOrigins("https://a.test, *".into())),
            ("a.test", CorsFailure::InvalidAllowOrigin("a.test".into())),
            ("", CorsFailure::InvalidAllowOrigin("".into())),
        ] {
            assert_eq!(check(SameOrigin, &[(ORIGIN, value)]), Err(failure), "{value}");
        }
        let twice = [(ORIGIN, "https://a.test"), (ORIGIN, "https://a.test")];
        assert!(matches!(check(SameOrigin, &twice), Err(CorsFailure::MultipleAllowOrigins(_))));
    }

    #[test]
    fn credentials_need_the_origin_and_true() {
        assert_eq!(check(Include, &[(ORIGIN, "*"), (CREDENTIALS, "true")]), Err(CorsFailure::WildcardWithCredentials));
        assert_eq!(check(Include, &[(ORIGIN, "https://a.test"), (CREDENTIALS, "true")]), Ok(()));
        for value in ["True", "false", ""] {
            let result = check(Include, &[(ORIGIN, "https://a.test"), (CREDENTIALS, value)]);
            assert_eq!(result, Err(CorsFailure::NoAllowCredentials(value.into())));
        }
        assert!(check(Include, &[(ORIGIN, "https://a.test")]).is_err());
    }
}
