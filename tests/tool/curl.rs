//! "Copy as cURL" of browsers' network panels, read by the tool.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use tool::curl::{Command, Error, split};

/// As Chromium 156 copies it.
const CHROMIUM: &str = r#"curl 'https://api.example.com/orders/7?a=1&b=%27' \
  -X 'PUT' \
  -H 'accept: */*' \
  -H 'accept-language: en-US,en;q=0.9' \
  -H 'content-type: application/json' \
  -b 'session=1; theme=dark' \
  -H 'origin: https://app.example.com' \
  -H 'sec-ch-ua: "Chromium";v="156", "Not A(Brand";v="24"' \
  --data-raw $'{"name":"it\'s \u00fc \ud83d\ude00\\n"}' \
  --insecure ;
curl 'https://other.example'"#;

/// As Firefox copies it.
const FIREFOX: &str = r#"curl 'https://api.example.com/orders' \
  --compressed \
  -X POST \
  -H 'User-Agent: Mozilla/5.0' \
  -H 'Accept-Encoding: gzip, deflate, br, zstd' \
  -H 'Origin: https://app.example.com' \
  -H 'Sec-Fetch-Mode: cors' \
  --data-raw 'a=1'"#;

fn values<'a>(command: &'a Command, name: &str) -> Vec<&'a str> {
    let of_name = command.headers.iter().filter(|(own, _)| own == name);
    of_name.map(|(_, value)| std::str::from_utf8(value).unwrap()).collect()
}

#[test]
fn chromium_s_command_is_read_over_several_lines() {
    let command = Command::parse(CHROMIUM).unwrap();
    assert_eq!(command.url, "https://api.example.com/orders/7?a=1&b=%27");
    assert_eq!(command.method, "PUT");
    assert_eq!(values(&command, "content-type"), ["application/json"]);
    assert_eq!(values(&command, "cookie"), ["session=1; theme=dark"]);
    assert_eq!(values(&command, "sec-ch-ua"), [r#""Chromium";v="156", "Not A(Brand";v="24""#]);
    assert_eq!(command.body.as_deref(), Some("{\"name\":\"it's ü 😀\\n\"}".as_bytes()));
    assert!(command.insecure);
    assert_eq!(command.notes, ["not used: what follows the curl command, \"curl 'https://other.example'\""]);
}

#[test]
fn firefox_s_command_is_read() {
    let command = Command::parse(FIREFOX).unwrap();
    assert_eq!((command.method.as_str(), command.body.as_deref()), ("POST", Some(b"a=1".as_slice())));
    assert_eq!(values(&command, "content-type"), ["application/x-www-form-urlencoded"]);
    assert_eq!(command.notes, Vec::<String>::new());
}

#[test]
fn words_are_split_as_bash_does() {
    let words = |text| split(text).unwrap().0;
    assert_eq!(
        words(r#"a 'b c'd "e\"f\\g\h" i\ j '' $'\x41\tb' k\"#),
        ["a", "b cd", "e\"f\\g\\h", "i j", "", "A\tb", "k"]
    );
    assert_eq!(words("a \\\n  b \\\r\n c\nd"), ["a", "b", "c"]);
    assert_eq!(split("a | b").unwrap(), (vec![String::from("a")], String::from("b")));
    for open in ["'a", "\"a", "\"a\\", "$'a", "$'a\\"] {
        assert!(matches!(split(open), Err(Error::OpenQuote(_))), "{open}");
    }
}

#[test]
fn a_method_follows_from_the_options_unless_it_is_given() {
    let method = |text: &str| Command::parse(&format!("curl https://a.test/ {text}")).unwrap().method;
    assert_eq!(method(""), "GET");
    assert_eq!(method("-I"), "HEAD");
    assert_eq!(method("-d x"), "POST");
    assert_eq!(method("--json '{}'"), "POST");
    assert_eq!(method("-G -d x"), "GET");
    assert_eq!(method("-XPATCH -d x"), "PATCH");
    assert_eq!(method("-skX DELETE"), "DELETE");
}

#[test]
fn options_add_the_headers_that_curl_would_send() {
    let command = |text: &str| Command::parse(&format!("curl https://a.test/ {text}")).unwrap();
    let json = command("--json '{' --json '}' -H 'Accept: */*'");
    assert_eq!(values(&json, "content-type"), ["application/json"]);
    assert_eq!(values(&json, "accept"), ["*/*"]);
    assert_eq!(json.body.as_deref(), Some(b"{}".as_slice()));
    assert_eq!(command("-d a -d b").body.as_deref(), Some(b"a&b".as_slice()));
    assert!(values(&command("-d a -H Content-Type:"), "content-type").is_empty());
    assert_eq!(values(&command("-H 'X-Empty;'"), "x-empty"), [""]);
    assert_eq!(values(&command("-r 0-9 -A me -e https://b.test/"), "range"), ["bytes=0-9"]);
    assert_eq!(command("-G -d q=1").url, "https://a.test/?q=1");
    assert_eq!(values(&command("-b a=1 -H 'Cookie: b=2'"), "cookie"), ["a=1; b=2"]);
    assert_eq!(command("--resolve a.test:443:127.0.0.1").resolve, ["a.test:443:127.0.0.1"]);
}

#[test]
fn what_is_not_known_is_named_and_the_rest_is_used() {
    let command =
        Command::parse("curl --novel thing --cacert ca.pem 'https://a.test/' -d @body.json -H nonsense extra");
    let command = command.unwrap();
    assert_eq!(command.url, "https://a.test/");
    assert_eq!(
        command.notes,
        [
            "not used: the curl option --novel",
            "not used: the curl option --cacert ca.pem",
            "not read: the body in the file \"body.json\"",
            "not used: -H \"nonsense\" is not a header",
            "not used: \"thing\" in the curl command",
            "not used: \"extra\" in the curl command",
        ]
    );
    assert_eq!(command.body.as_deref(), Some(b"".as_slice()));
}

#[test]
fn a_command_without_a_url_or_a_value_is_refused() {
    assert_eq!(Command::parse("curl -k"), Err(Error::NoUrl));
    assert_eq!(Command::parse("curl https://a.test -H"), Err(Error::NoValue("-H".into())));
    assert_eq!(Command::parse(""), Err(Error::NoUrl));
}

#[test]
fn words_of_a_shell_are_read_without_quotes() {
    let command = Command::from_words(&["curl", "https://a.test/", "-H", "x-a: it's", "--", "-b"]).unwrap();
    assert_eq!(values(&command, "x-a"), ["it's"]);
    assert_eq!(command.notes, ["not used: \"-b\" in the curl command"]);
}
