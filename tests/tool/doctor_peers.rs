//! `envoy-cors doctor`, against the servers of other people, set up as they document it or as it is pasted everywhere.
//! `tests/tool/doctor/install` fetches them; one that is not there is named, and left out.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "doctor/run.rs"]
#[allow(dead_code, reason = "shared with doctor.rs, which reads more of a report")]
mod run;
#[path = "doctor/server.rs"]
mod server;

use run::{Report, report_on};
use server::Server;

const PAGE: &str = "https://app.example.com";
/// A page that sends JSON by PUT, with cookies.
const PUT: &[&str] = &["--page", PAGE, "-X", "PUT", "-H", "content-type: application/json", "-b", "session=1"];
const PLAIN: &[&str] = &["--page", PAGE];

fn examine(server: Option<Server>, arguments: &[&str]) -> Option<Report> {
    let server = server?;
    Some(report_on(server.address, "/me", arguments))
}

/// The cause, and what the report's first line says.
fn assert_cause(report: Option<Report>, cause: &str, says: &str) {
    let Some(report) = report else { return };
    assert_eq!(report.cause(), cause, "{}\n{:#}", report.summary(), report.json["checks"]);
    assert!(report.summary().contains(says), "{}", report.summary());
}

fn assert_sound(report: Option<Report>) {
    if let Some(report) = report {
        report.assert_sound();
    }
}

const CREDENTIALS: &str = r#"{"origins": ["https://app.example.com", "https://admin.example.com"], "supports_credentials": true, "max_age": 600}"#;

/// It sends `Vary` with the origins that it allows, and not where it refuses; with one origin, never.
#[test]
fn flask_cors_with_a_list_lacks_vary() {
    for server in [Server::flask, Server::old_flask] {
        assert_cause(examine(server(CREDENTIALS), PUT), "vary", "no `Vary: Origin` (refused)");
        let one = CREDENTIALS.replace(", \"https://admin.example.com\"", "");
        assert_cause(examine(server(&one), PUT), "vary", "no `Vary: Origin` (allowed, refused, without Origin)");
    }
}

#[test]
fn flask_cors_as_it_comes_is_public() {
    assert_sound(examine(Server::flask("{}"), PLAIN));
    assert_sound(examine(Server::old_flask("{}"), PLAIN));
}

/// Its documentation: with credentials, the origin is sent instead of `*`.
#[test]
fn flask_cors_as_it_comes_with_credentials_reflects_everybody() {
    let says = "any site can read it too, as the user who is signed in";
    let options = r#"{"supports_credentials": true}"#;
    assert_cause(examine(Server::flask(options), PUT), "reflects-any-origin", says);
    assert_cause(examine(Server::old_flask(options), PUT), "reflects-any-origin", says);
}

/// Origins are regular expressions there, matched from the start only, and in any case.
#[test]
fn flask_cors_with_a_regular_expression_lets_others_in() {
    let options = r#"{"origins": "https://.*example.com", "supports_credentials": true}"#;
    for server in [Server::flask(options), Server::old_flask(options)] {
        assert_cause(examine(server, PUT), "allows-lookalikes", "as the user who is signed in");
    }
}

#[test]
fn starlette_with_a_list_is_sound() {
    let options = r#"{"allow_origins": ["https://app.example.com"], "allow_credentials": true, "allow_methods": ["PUT"],
        "allow_headers": ["content-type"]}"#;
    assert_sound(examine(Server::starlette(options), PUT));
}

#[test]
fn starlette_with_a_star_is_public() {
    assert_sound(examine(Server::starlette(r#"{"allow_origins": ["*"]}"#), PLAIN));
}

/// Requests with a cookie get their origin back.
#[test]
fn starlette_with_a_star_and_credentials_reflects_everybody_who_is_signed_in() {
    let options =
        r#"{"allow_origins": ["*"], "allow_credentials": true, "allow_methods": ["*"], "allow_headers": ["*"]}"#;
    let report = examine(Server::starlette(options), PUT);
    assert_cause(report, "reflects-any-origin", "as the user who is signed in");
}

#[test]
fn starlette_does_not_know_the_method() {
    let options = r#"{"allow_origins": ["https://app.example.com"], "allow_credentials": true}"#;
    let report = examine(Server::starlette(options), PUT);
    assert_cause(report, "preflight-status", "400 Bad Request: a preflight for GET alone succeeds");
}

#[test]
fn express_as_it_comes_is_public() {
    assert_sound(examine(Server::express("{}"), PLAIN));
    assert_cause(examine(Server::express("{}"), PUT), "wildcard-with-credentials", "`*`");
}

#[test]
fn express_with_a_list_is_sound() {
    let options = r#"{"origin": ["https://app.example.com"], "credentials": true}"#;
    assert_sound(examine(Server::express(options), PUT));
}

/// `origin: true` is what many answers to "cors error with credentials" say.
#[test]
fn express_with_origin_true_reflects_everybody() {
    let report = examine(Server::express(r#"{"origin": true, "credentials": true}"#), PUT);
    assert_cause(report, "reflects-any-origin", "as the user who is signed in");
}

#[test]
fn express_with_one_origin_sends_it_to_everybody_and_that_is_sound() {
    assert_sound(examine(Server::express(r#"{"origin": "https://app.example.com", "credentials": true}"#), PUT));
}

#[test]
fn koa_with_credentials_reflects_everybody() {
    let report = examine(Server::koa(r#"{"origin": "https://app.example.com"}"#), PLAIN);
    assert_sound(report);
    let report = examine(Server::koa(r#"{"origin": "https://www.example.com", "credentials": true}"#), PUT);
    assert_cause(report, "preflight-allow-origin", "allows https://www.example.com");
}

/// The first answer that a search finds.
const PASTED: &str = r#"
    if ($request_method = 'OPTIONS') {
        add_header 'Access-Control-Allow-Origin' '*';
        add_header 'Access-Control-Allow-Methods' 'GET, POST, OPTIONS';
        add_header 'Access-Control-Allow-Headers' 'DNT,User-Agent,X-Requested-With,Content-Type,Range';
        add_header 'Access-Control-Max-Age' 1728000;
        return 204;
    }
    add_header 'Access-Control-Allow-Origin' '*';
    return 200 'ok';
"#;

#[test]
fn nginx_with_the_snippet_that_is_pasted_everywhere() {
    assert_cause(examine(Server::nginx(PASTED), PUT), "preflight-methods", "does not allow PUT");
    let post = ["--page", PAGE, "-X", "POST", "-H", "content-type: application/json"];
    let report = examine(Server::nginx(PASTED), &post);
    assert_cause(report, "errors-readable", "not its errors (404 Not Found)");
    let report = examine(Server::nginx(PASTED), &[PLAIN, &["-b", "a=1"]].concat());
    assert_cause(report, "wildcard-with-credentials", "browsers refuse that for requests with credentials");
}

#[test]
fn nginx_that_echoes_the_origin_reflects_everybody() {
    let snippet = "
        add_header 'Access-Control-Allow-Origin' $http_origin always;
        add_header 'Access-Control-Allow-Credentials' 'true' always;
        add_header 'Vary' 'Origin' always;
        return 200 'ok';";
    let report = examine(Server::nginx(snippet), &[PLAIN, &["-b", "a=1"]].concat());
    assert_cause(report, "reflects-any-origin", "as the user who is signed in");
}

/// The regular expression of many blogs: no anchor at its end, dots that are not escaped.
#[test]
fn nginx_with_an_open_regular_expression_lets_others_in() {
    let snippet = r#"
        if ($http_origin ~* "^https?://(app|admin).example.com") {
            add_header 'Access-Control-Allow-Origin' $http_origin always;
            add_header 'Access-Control-Allow-Credentials' 'true' always;
            add_header 'Vary' 'Origin' always;
            return 200 'ok';
        }
        add_header 'Vary' 'Origin' always;
        return 200 'ok';"#;
    let report = examine(Server::nginx(snippet), &[PLAIN, &["-b", "a=1"]].concat());
    assert_cause(report, "allows-lookalikes", "so can https://app.example.com.envoy-cors-doctor.example");
}

/// `add_header` without `always` leaves errors out.
#[test]
fn nginx_without_always_hides_its_errors() {
    let snippet = "
        add_header 'Access-Control-Allow-Origin' '*';
        return 401;";
    assert_cause(examine(Server::nginx(snippet), PLAIN), "allow-origin", "(401 Unauthorized)");
}
