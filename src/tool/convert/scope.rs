//! Which requests a policy is for, and how two such sets relate.

/// Hosts, paths and route names as `match` has them. A kind that is `None` holds for every request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Globs over the host.
    pub hosts: Option<Vec<String>>,
    /// Globs over the path.
    pub paths: Option<Vec<String>>,
    /// Names of routes.
    pub route_names: Option<Vec<String>>,
}

impl Scope {
    /// Whether some request could be in both; `true` where that is not certain.
    pub fn overlaps(&self, other: &Scope) -> bool {
        let names_overlap = match (&self.route_names, &other.route_names) {
            (Some(own), Some(others)) => own.iter().any(|name| others.contains(name)),
            _ => true,
        };
        names_overlap
            && any_pair(&self.hosts, &other.hosts, hosts_overlap)
            && any_pair(&self.paths, &other.paths, paths_overlap)
    }

    /// Whether each request of `other` is certainly in this one.
    pub fn covers(&self, other: &Scope) -> bool {
        let names_cover = match (&self.route_names, &other.route_names) {
            (None, _) => true,
            (Some(own), Some(others)) => others.iter().all(|name| own.contains(name)),
            (Some(_), None) => false,
        };
        names_cover
            && all_covered(&self.hosts, &other.hosts, host_covers)
            && all_covered(&self.paths, &other.paths, path_covers)
    }
}

fn any_pair(own: &Option<Vec<String>>, others: &Option<Vec<String>>, overlap: fn(&str, &str) -> bool) -> bool {
    match (own, others) {
        (Some(own), Some(others)) => own.iter().any(|one| others.iter().any(|other| overlap(one, other))),
        _ => true,
    }
}

fn all_covered(own: &Option<Vec<String>>, others: &Option<Vec<String>>, covers: fn(&str, &str) -> bool) -> bool {
    match (own, others) {
        (None, _) => true,
        (Some(own), Some(others)) => others.iter().all(|other| own.iter().any(|one| covers(one, other))),
        (Some(_), None) => false,
    }
}

fn hosts_overlap(one: &str, other: &str) -> bool {
    host_covers(one, other)
        || host_covers(other, one)
        // Two globs, one of which is not `*.domain`: nobody knows.
        || [one, other].iter().all(|host| host.contains('*'))
            && [one, other].iter().any(|host| !host.starts_with('*') || host.matches('*').count() > 1)
}

fn host_covers(glob: &str, host: &str) -> bool {
    glob == host
        || match glob.split_once('*') {
            Some((head, tail)) => {
                !tail.contains('*')
                    && host.len() > head.len() + tail.len()
                    && host.starts_with(head)
                    && host.ends_with(tail)
            }
            None => false,
        }
}

/// What a path glob begins with, and whether that is all of it.
fn head(path: &str) -> (&str, bool) {
    let head = path.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
    (head, head.len() == path.len())
}

fn paths_overlap(one: &str, other: &str) -> bool {
    match (head(one), head(other)) {
        ((one, true), (other, true)) => one == other,
        ((whole, true), (head, false)) | ((head, false), (whole, true)) => whole.starts_with(head),
        ((one, false), (other, false)) => one.starts_with(other) || other.starts_with(one),
    }
}

fn path_covers(glob: &str, path: &str) -> bool {
    glob == path || glob.strip_suffix("**").is_some_and(|head| is_plain(head) && path.starts_with(head))
}

fn is_plain(text: &str) -> bool {
    head(text).1 && text.ends_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(hosts: &[&str], paths: &[&str]) -> Scope {
        let list = |texts: &[&str]| (!texts.is_empty()).then(|| texts.iter().map(|text| (*text).to_owned()).collect());
        Scope { hosts: list(hosts), paths: list(paths), route_names: None }
    }

    #[test]
    fn scopes_overlap_where_a_request_could_be_in_both() {
        for (one, other, overlap) in [
            (scope(&["a.example"], &[]), scope(&["b.example"], &[]), false),
            (scope(&["a.example"], &[]), scope(&["*.example"], &[]), true),
            (scope(&["*.a.example"], &[]), scope(&["*.example"], &[]), true),
            (scope(&["*.a.example"], &[]), scope(&["*.b.example"], &[]), false),
            (scope(&["a.*"], &[]), scope(&["*.example"], &[]), true),
            (scope(&[], &["/a"]), scope(&["b.example"], &["/a/**"]), false),
            (scope(&[], &["/a/b"]), scope(&[], &["/a/**"]), true),
            (scope(&[], &["/a*"]), scope(&[], &["/ab/**"]), true),
            (scope(&[], &["/a/**"]), scope(&[], &["/b/**"]), false),
            (scope(&[], &[]), scope(&[], &["/b/**"]), true),
        ] {
            assert_eq!(one.overlaps(&other), overlap, "{one:?} {other:?}");
            assert_eq!(other.overlaps(&one), overlap, "{other:?} {one:?}");
        }
    }

    #[test]
    fn a_scope_covers_what_is_all_in_it() {
        for (one, other, covers) in [
            (scope(&[], &[]), scope(&["a"], &["/b"]), true),
            (scope(&["*.example"], &[]), scope(&["a.example", "b.example"], &["/b"]), true),
            (scope(&["*.example"], &[]), scope(&["example"], &[]), false),
            (scope(&[], &["/a", "/a/**"]), scope(&[], &["/a/b", "/a"]), true),
            (scope(&[], &["/a/**"]), scope(&[], &["/a"]), false),
            (scope(&[], &["/a/**"]), scope(&[], &[]), false),
        ] {
            assert_eq!(one.covers(&other), covers, "{one:?} {other:?}");
        }
    }
}
