//! What Chromium's console prints of a failure, word for word (checked against a real one by
//! `tests/browser/test_console.py`).

use super::cors_check::CorsFailure;
use super::origin::Origin;
use super::{Failure, Initiator};
use url::Url;

/// The sentence for a failure of a request that began at the first of `urls` and failed at the last; `None` where the
/// console says nothing about CORS.
pub fn sentence(failure: &Failure, initiator: Initiator, origin: &Origin, urls: &[Url]) -> Option<String> {
    if let Some(exception) = exception(failure, origin, urls) {
        return Some(exception);
    }
    let (first, last) = (urls.first()?, urls.last()?);
    let mut text = format!("Access to {} at '{last}' ", initiator.name());
    if first != last {
        text.push_str(&format!("(redirected from '{first}') "));
    }
    text.push_str(&format!("from origin '{origin}' has been blocked by CORS policy: "));
    text.push_str(&reason(failure, initiator)?);
    Some(text)
}

/// Exceptions and blocks that come before anything is sent.
fn exception(failure: &Failure, origin: &Origin, urls: &[Url]) -> Option<String> {
    let of_fetch =
        |text: String| Some(format!("Uncaught (in promise) TypeError: Failed to execute 'fetch' on 'Window': {text}"));
    match failure {
        Failure::ForbiddenMethod(method) => of_fetch(format!("'{method}' HTTP method is unsupported.")),
        Failure::MethodUnderNoCors(method) => of_fetch(format!("'{method}' is unsupported in no-cors mode.")),
        Failure::BodyOfGet => of_fetch(String::from("Request with GET/HEAD method cannot have body.")),
        Failure::MixedContent => Some(format!(
            "Mixed Content: The page at '{origin}/' was loaded over HTTPS, but requested an insecure resource '{}'. \
             This request has been blocked; the content must be served over HTTPS.",
            urls.first()?
        )),
        _ => None,
    }
}

fn reason(failure: &Failure, initiator: Initiator) -> Option<String> {
    let preflight = |text: &str| format!("Response to preflight request doesn't pass access control check: {text}");
    Some(match failure {
        Failure::CorsCheck(failure) => cors_check(failure, initiator),
        Failure::PreflightCorsCheck(failure) => preflight(&cors_check(failure, initiator)),
        Failure::PreflightStatus(_) => preflight("It does not have HTTP ok status."),
        Failure::PreflightRedirect => preflight("Redirect is not allowed for a preflight request."),
        Failure::MethodNotAllowed(method) => {
            format!("Method {method} is not allowed by Access-Control-Allow-Methods in preflight response.")
        }
        Failure::HeaderNotAllowed(name) => {
            format!("Request header field {name} is not allowed by Access-Control-Allow-Headers in preflight response.")
        }
        Failure::UnreadableAllowMethods(_) => {
            String::from("Cannot parse Access-Control-Allow-Methods response header field in preflight response.")
        }
        Failure::UnreadableAllowHeaders(_) => {
            String::from("Cannot parse Access-Control-Allow-Headers response header field in preflight response.")
        }
        // Chromium leaves the location out.
        Failure::RedirectCredentials(_) => String::from(
            "Redirect location '' contains a username and password, which is disallowed for cross-origin \
             requests.",
        ),
        Failure::RedirectUrl(_)
        | Failure::RedirectStream
        | Failure::TooManyRedirects
        | Failure::Network(_)
        | Failure::AuthorizationUnderWildcard => {
            return None;
        }
        Failure::ForbiddenMethod(_) | Failure::MethodUnderNoCors(_) | Failure::BodyOfGet | Failure::MixedContent => {
            return None;
        }
    })
}

fn cors_check(failure: &CorsFailure, initiator: Initiator) -> String {
    let of_fetch =
        if initiator == Initiator::Fetch { " Have the server send the header with a valid value." } else { "" };
    let of_xhr = if initiator == Initiator::Xhr {
        " The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute."
    } else {
        ""
    };
    match failure {
        CorsFailure::MissingAllowOrigin => {
            String::from("No 'Access-Control-Allow-Origin' header is present on the requested resource.")
        }
        CorsFailure::WildcardWithCredentials => format!(
            "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the \
             request's credentials mode is 'include'.{of_xhr}"
        ),
        CorsFailure::MultipleAllowOrigins(value) => format!(
            "The 'Access-Control-Allow-Origin' header contains multiple values '{}', but only one is allowed.{of_fetch}",
            printable(value)
        ),
        CorsFailure::InvalidAllowOrigin(value) => format!(
            "The 'Access-Control-Allow-Origin' header contains the invalid value '{}'.{of_fetch}",
            printable(value)
        ),
        CorsFailure::OtherAllowOrigin(value) => format!(
            "The 'Access-Control-Allow-Origin' header has a value '{}' that is not equal to the supplied origin.{of_fetch}",
            printable(value)
        ),
        CorsFailure::NoAllowCredentials(value) => format!(
            "The value of the 'Access-Control-Allow-Credentials' header in the response is '{}' which must be 'true' when \
             the request's credentials mode is 'include'.{of_xhr}",
            printable(value)
        ),
    }
}

/// A value as the console shows it: what is not printable ASCII as `\uXXXX`.
fn printable(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for char in value.chars() {
        match char {
            ' '..='~' => text.push(char),
            _ => text.push_str(&format!("\\u{:04X}", u32::from(char))),
        }
    }
    text
}
