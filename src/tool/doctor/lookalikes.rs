//! Origins that resemble one that is allowed: what careless comparisons let through.

use url::Url;

/// Who owns an origin that resembles another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Anybody who registers a domain.
    Anybody,
    /// Whoever runs another service on the same host.
    OtherPort,
    /// Whoever has a host under the same registrable domain.
    SameSite,
    /// Nobody: current browsers do not send it.
    Nobody,
}

/// An origin that resembles another, and what lets it through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookalike {
    /// The origin.
    pub origin: String,
    /// Who could use it.
    pub owner: Owner,
    /// The mistake that lets it through.
    pub mistake: &'static str,
}

const PREFIX: &str = "the end of the host is not compared";
const SUFFIX: &str = "the start of the host is not compared";
const DOT: &str = "a dot in a regular expression is not escaped";
const PORT: &str = "the port is not compared";
const SAME_SITE: &str = "every host of the registrable domain is allowed";

/// A name of ours under the domain.
pub const LABEL: &str = "envoy-cors-doctor";

/// The parts of an origin that count here.
struct Parts {
    scheme: String,
    host: String,
    port: String,
    is_name: bool,
}

fn parts(origin: &str) -> Option<Parts> {
    let url = Url::parse(origin).ok()?;
    let host = url.host_str()?.to_owned();
    let is_name = !host.starts_with('[') && host.parse::<std::net::Ipv4Addr>().is_err();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(Parts { scheme: url.scheme().to_owned(), host, port, is_name })
}

/// The registrable domain of a host name, `None` for addresses and names without one.
pub fn registrable(host: &str) -> Option<&str> {
    if host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return None;
    }
    psl::domain_str(host)
}

/// Whether an origin is of this machine.
pub fn is_local(origin: &str) -> bool {
    parts(origin).is_some_and(|parts| is_local_host(&parts.host))
}

fn is_local_host(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]"
}

/// Origins that resemble the page's and the endpoint's, what matters most first. Origins that are meant to be allowed are
/// left out.
pub fn of(page: &str, endpoint: &Url, meant: &[String]) -> Vec<Lookalike> {
    let mut found: Vec<Lookalike> = Vec::new();
    if let Some(page) = parts(page) {
        around(&page, &mut found);
        if !is_local_host(&page.host) {
            add(&mut found, format!("http://localhost.{LABEL}.example"), Owner::Anybody, PREFIX);
        }
    }
    if let Some(host) = endpoint.host_str().filter(|host| !is_local_host(host)) {
        let page_site = parts(page).and_then(|parts| registrable(&parts.host).map(str::to_owned));
        around_endpoint(host, page_site.as_deref(), &mut found);
    }
    let own = endpoint.origin().ascii_serialization();
    found.retain(|one| one.origin != page && one.origin != own && !meant.contains(&one.origin));
    found.sort_by_key(|one| match one.owner {
        Owner::Anybody => 0,
        Owner::OtherPort => 1,
        Owner::SameSite => 2,
        Owner::Nobody => 3,
    });
    found
}

fn add(found: &mut Vec<Lookalike>, origin: String, owner: Owner, mistake: &'static str) {
    if !found.iter().any(|one| one.origin == origin) {
        found.push(Lookalike { origin, owner, mistake });
    }
}

fn around(page: &Parts, found: &mut Vec<Lookalike>) {
    let Parts { scheme, host, port, is_name } = page;
    // An attacker's page has the default port as easily as any other; a comparison of the end wants the page's.
    add(found, format!("{scheme}://{host}.{LABEL}.example"), Owner::Anybody, PREFIX);
    if *is_name {
        let underscored = format!("{scheme}://{host}_.{LABEL}.example");
        add(found, underscored, Owner::Anybody, "an underscore is taken for the end of the host");
    }
    if let Some(site) = registrable(host) {
        add(found, format!("{scheme}://not{site}{port}"), Owner::Anybody, SUFFIX);
        for other in undotted(host) {
            add(found, format!("{scheme}://{other}{port}"), Owner::Anybody, DOT);
        }
        add(found, format!("{scheme}://{LABEL}.{site}{port}"), Owner::SameSite, SAME_SITE);
    }
    let other_port = if port == ":8443" { ":8444" } else { ":8443" };
    add(found, format!("{scheme}://{host}{other_port}"), Owner::OtherPort, PORT);
    if *is_name {
        let upper = format!("{scheme}://{}{port}", host.to_ascii_uppercase());
        add(found, upper, Owner::Nobody, "upper case is taken for lower case");
        add(found, format!("{scheme}://{host}.{port}"), Owner::SameSite, "a dot at the end of the host is dropped");
        let backtick = format!("{scheme}://{host}`.{LABEL}.example");
        add(found, backtick, Owner::Nobody, "a special character is taken for the end of the host");
    }
}

fn around_endpoint(host: &str, page_site: Option<&str>, found: &mut Vec<Lookalike>) {
    add(found, format!("https://{host}.{LABEL}.example"), Owner::Anybody, PREFIX);
    let Some(site) = registrable(host).filter(|site| Some(*site) != page_site) else { return };
    add(found, format!("https://not{site}"), Owner::Anybody, SUFFIX);
    add(found, format!("https://{LABEL}.{site}"), Owner::SameSite, SAME_SITE);
}

/// Names that a regular expression with unescaped dots takes for this one, and that somebody else can register.
fn undotted(host: &str) -> Vec<String> {
    let site = registrable(host);
    let dots = host.match_indices('.').map(|(at, _)| at);
    let mut names: Vec<String> = dots
        .filter_map(|at| Some(format!("{}x{}", host.get(..at)?, host.get(at + 1..)?)))
        // The name must be under a suffix that exists, and not under the same registrable domain.
        .filter(|name| registrable(name).is_some() && registrable(name) != site)
        .filter(|name| psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known()))
        .collect();
    names.truncate(1);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(page: &str, endpoint: &str) -> Vec<(String, Owner)> {
        let endpoint = Url::parse(endpoint).unwrap();
        of(page, &endpoint, &[]).into_iter().map(|one| (one.origin, one.owner)).collect()
    }

    #[test]
    fn a_page_and_an_endpoint_of_one_site() {
        let found = origins("https://app.example.com", "https://api.example.com/me");
        let expected = [
            ("https://app.example.com.envoy-cors-doctor.example", Owner::Anybody),
            ("https://app.example.com_.envoy-cors-doctor.example", Owner::Anybody),
            ("https://notexample.com", Owner::Anybody),
            ("https://appxexample.com", Owner::Anybody),
            ("http://localhost.envoy-cors-doctor.example", Owner::Anybody),
            ("https://api.example.com.envoy-cors-doctor.example", Owner::Anybody),
            ("https://app.example.com:8443", Owner::OtherPort),
            ("https://envoy-cors-doctor.example.com", Owner::SameSite),
            ("https://app.example.com.", Owner::SameSite),
            ("https://APP.EXAMPLE.COM", Owner::Nobody),
            ("https://app.example.com`.envoy-cors-doctor.example", Owner::Nobody),
        ];
        assert_eq!(found, expected.map(|(origin, owner)| (origin.to_owned(), owner)));
    }

    #[test]
    fn a_name_that_nobody_can_register_is_not_tried() {
        let found = origins("https://example.com", "https://example.com/");
        assert!(!found.iter().any(|(origin, _)| origin.contains("examplexcom")), "{found:?}");
        let found = origins("https://example.co.uk", "https://example.co.uk/");
        assert!(found.contains(&(String::from("https://examplexco.uk"), Owner::Anybody)), "{found:?}");
    }

    #[test]
    fn another_user_of_a_shared_host_is_not_of_the_same_site() {
        let found = origins("https://me.github.io", "https://api.example.com/");
        assert!(
            found.contains(&(String::from("https://envoy-cors-doctor.me.github.io"), Owner::SameSite)),
            "{found:?}"
        );
        assert!(found.contains(&(String::from("https://notme.github.io"), Owner::Anybody)), "{found:?}");
    }

    #[test]
    fn a_local_page_has_lookalikes_too() {
        let found = origins("http://localhost:3000", "http://127.0.0.1:8080/");
        let expected = [
            ("http://localhost.envoy-cors-doctor.example", Owner::Anybody),
            ("http://localhost_.envoy-cors-doctor.example", Owner::Anybody),
            ("http://localhost:8443", Owner::OtherPort),
            ("http://localhost.:3000", Owner::SameSite),
            ("http://LOCALHOST:3000", Owner::Nobody),
            ("http://localhost`.envoy-cors-doctor.example", Owner::Nobody),
        ];
        assert_eq!(found, expected.map(|(origin, owner)| (origin.to_owned(), owner)));
    }

    #[test]
    fn origins_that_are_meant_are_left_out() {
        let endpoint = Url::parse("https://api.example.com/").unwrap();
        let meant = [String::from("https://app.example.com:8443")];
        let found = of("https://app.example.com", &endpoint, &meant);
        assert!(!found.iter().any(|one| one.origin == meant[0]));
    }
}
