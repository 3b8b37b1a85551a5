//! Names of domains: which are public, what stands above them, how they are shown.

use std::net::IpAddr;

/// Ends of names that are never in the public DNS: RFC 6761, 6762 (`local`), 7686 (`onion`), 8375 (`home.arpa`), and
/// what ICANN (`internal`) and custom (`localdomain`) keep for networks of one's own.
const NOT_PUBLIC: [&str; 9] =
    ["example", "home.arpa", "internal", "invalid", "local", "localdomain", "localhost", "onion", "test"];

/// A DMARC record is looked for in no more labels than this, beside the domain itself (RFC 9989 section 4.10).
const MOST_LABELS: usize = 7;

/// As it is compared: lower case, without a dot at the end.
pub(super) fn normal(domain: &str) -> String {
    domain.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether receivers elsewhere can look it up.
pub(super) fn is_public(domain: &str) -> bool {
    let reserved = |end: &str| domain.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'));
    domain.contains('.')
        && !domain.starts_with('[')
        && domain.parse::<IpAddr>().is_err()
        && !NOT_PUBLIC.iter().any(|end| reserved(end))
}

/// The domain and those above it, nearest first.
pub(super) fn tree(domain: &str) -> Vec<&str> {
    let above = std::iter::successors(Some(domain), |name| name.split_once('.').map(|(_, above)| above));
    above
        .enumerate()
        .filter(|(index, name)| *index == 0 || name.split('.').count() <= MOST_LABELS)
        .map(|(_, name)| name)
        .collect()
}

/// The domain in its own letters.
pub fn shown(domain: &str) -> String {
    match idna::domain_to_unicode(domain) {
        (shown, Ok(())) => shown,
        (_, Err(_)) => domain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_domains() {
        for domain in
            ["acme.com", "mail.acme.co.uk", "xn--bcher-kva.de", "example.com", "contest", "mytest.de"]
        {
            assert_eq!(is_public(domain), domain.contains('.'), "{domain}");
        }
        for domain in [
            "localhost",
            "mail.localhost",
            "localhost.localdomain",
            "acme.test",
            "acme.invalid",
            "acme.example",
            "printer.local",
            "mail.corp.internal",
            "nas.home.arpa",
            "127.0.0.1",
            "[192.0.2.1]",
            "[IPv6:2001:db8::1]",
            "",
        ] {
            assert!(!is_public(domain), "{domain}");
        }
    }

    #[test]
    fn what_stands_above() {
        assert_eq!(tree("mail.acme.co.uk"), ["mail.acme.co.uk", "acme.co.uk", "co.uk", "uk"]);
        assert_eq!(tree("acme.com"), ["acme.com", "com"]);
        let long = tree("a.b.c.d.e.f.g.h.i.com");
        assert_eq!(long[..2], ["a.b.c.d.e.f.g.h.i.com", "d.e.f.g.h.i.com"]);
        assert_eq!(long.len(), 8);
    }

    #[test]
    fn shown_in_its_own_letters() {
        assert_eq!(shown("xn--bcher-kva.de"), "bücher.de");
        assert_eq!(shown("acme.com"), "acme.com");
        assert_eq!(shown("xn--\u{0}.de"), "xn--\u{0}.de");
        assert_eq!(normal("Acme.COM."), "acme.com");
    }
}
