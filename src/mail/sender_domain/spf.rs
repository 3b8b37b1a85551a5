//! SPF: which servers may send for a domain (RFC 7208).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Answer, Answers, Finding, MOST_QUOTED, Mark, domain, shown_domain};
use crate::mail::one_line;

/// Whether receivers take it for an SPF record (section 4.5).
pub(super) fn is_record(text: &str) -> bool {
    let version = text.split(' ').next().unwrap_or_default();
    version.eq_ignore_ascii_case("v=spf1")
}

/// What stands in the record.
#[derive(Default)]
struct Spf<'a> {
    /// Whether anyone may send, besides by `all`.
    lets_some: bool,
    /// Terms that make receivers ask the DNS again.
    look_ups: usize,
    /// The qualifier of `all`.
    all: Option<char>,
    /// The domain whose record holds instead, where there is no `all`.
    redirect: Option<&'a str>,
    /// Hosts and addresses that it names.
    names: Vec<&'a str>,
}

/// Receivers give up a record that makes them ask more often (section 4.6.4).
const MOST_LOOK_UPS: usize = 10;

/// Stands in our advice for what only the relay's documentation tells.
const RELAY: &str = "RELAY";

const ASK_RELAY: &str = "In place of RELAY put what your relay's documentation names.";

/// What the domain's records mean for mail that `relay` sends.
pub(super) fn judge(domain: &str, answers: &Answers, relay: Option<&str>) -> Finding {
    if !domain::is_public(domain) {
        return Finding::not_public(domain);
    }
    let shown = shown_domain(domain);
    match answers.get(domain) {
        Some(Answer::Records(records)) => match &records[..] {
            [record] => judge_record(domain, record, relay).found(domain, records),
            _ => Finding::new(
                Mark::Broken,
                format!("{shown} has more than one SPF record, so receivers take it for an error and use none."),
            )
            .found(domain, records)
            .advice("Join them into one: the terms of all, and a single “all” at the end."),
        },
        Some(Answer::None) => Finding::new(
            Mark::Missing,
            format!(
                "{shown} has no SPF record: receivers cannot tell whether your relay may send for it, and many take such mail for spam."
            ),
        )
        .advice(format!(
            "Publish one that names your relay and whoever else sends for {shown}. {ASK_RELAY} Where the relay writes a return path of its own, the record of that one counts instead."
        ))
        .publish(domain, format!("v=spf1 include:{RELAY} ~all")),
        Some(Answer::Failed(why)) => Finding::failed(&shown, why),
        None => Finding::failed(&shown, "nobody asked"),
    }
}

fn judge_record(domain: &str, record: &str, relay: Option<&str>) -> Finding {
    let shown = shown_domain(domain);
    let spf = match parse(record) {
        Ok(spf) => spf,
        Err(term) => {
            return Finding::new(
                Mark::Broken,
                format!(
                    "Receivers cannot read the record and take it for an error: “{}” is no term of SPF.",
                    one_line(term, MOST_QUOTED)
                ),
            )
            .advice("Correct or remove this term.");
        }
    };
    if spf.look_ups > MOST_LOOK_UPS {
        let says = format!(
            "The record makes receivers ask the DNS {} times and more. They stop after {MOST_LOOK_UPS} and take it for an error.",
            spf.look_ups
        );
        return Finding::new(Mark::Broken, says)
            .advice("Name fewer others (include, a, mx, exists), or their addresses (ip4, ip6) instead.");
    }
    let strictly = "End the record in ~all, which makes others suspect, or in -all, which has them refused.";
    match (spf.all, spf.redirect) {
        (Some('+'), _) => Finding::new(
            Mark::Weak,
            format!("The record lets anyone send for {shown} (+all), so it proves nothing."),
        )
        .advice(strictly),
        (Some('-' | '~'), _) if !spf.lets_some => Finding::new(
            Mark::Broken,
            format!("The record says that no server at all sends for {shown}: receivers hold it against your mail."),
        )
        .advice(format!("Name your relay. {ASK_RELAY}"))
        .publish(domain, format!("v=spf1 include:{RELAY} ~all")),
        (Some('?'), _) => Finding::new(
            Mark::Weak,
            format!("The record names who may send for {shown}, but says nothing of others (?all)."),
        )
        .advice(strictly),
        (None, None) => Finding::new(
            Mark::Weak,
            format!("The record names who may send for {shown}, but has no “all” and so says nothing of others."),
        )
        .advice(strictly),
        (None, Some(other)) => Finding::new(
            Mark::Fine,
            format!(
                "What {} says holds for {shown} (redirect). {}",
                one_line(other, MOST_QUOTED),
                about_relay(&spf, relay)
            ),
        ),
        (Some(qualifier), _) => {
            let others = if qualifier == '-' { "has others refused (-all)" } else { "makes others suspect (~all)" };
            Finding::new(
                Mark::Fine,
                format!("The record names who may send for {shown} and {others}. {}", about_relay(&spf, relay)),
            )
        }
    }
}

/// Which addresses a relay sends from is not known here, unless the record names the very host that mail goes to.
fn about_relay(spf: &Spf<'_>, relay: Option<&str>) -> String {
    let host = relay.map(|host| host.trim_start_matches('[').trim_end_matches(']'));
    match host.filter(|host| spf.names.iter().any(|name| name.eq_ignore_ascii_case(host))) {
        Some(host) => format!("It names your relay, {host}."),
        None => "Whether your relay is among them, its documentation tells.".to_owned(),
    }
}

/// Reads a record; the term that receivers cannot read is the error (section 12).
fn parse(record: &str) -> Result<Spf<'_>, &str> {
    let mut spf = Spf::default();
    for term in record.split(' ').skip(1).filter(|term| !term.is_empty()) {
        read_term(term, &mut spf).ok_or(term)?;
    }
    if spf.all.is_none() && spf.redirect.is_some() {
        spf.look_ups += 1;
    }
    Ok(spf)
}

fn read_term<'a>(term: &'a str, spf: &mut Spf<'a>) -> Option<()> {
    let end = term.find([':', '/', '=']).unwrap_or(term.len());
    if term[end..].starts_with('=') {
        return read_modifier(&term[..end], &term[end + 1..], spf);
    }
    let qualifier = term.chars().next().filter(|c| "+-~?".contains(*c));
    let name = &term[qualifier.map_or(0, char::len_utf8)..end];
    // What stands behind `all` is read, but never looked at (section 5.1).
    let counts = spf.all.is_none();
    let rest = &term[end..];
    let target = rest.strip_prefix(':');
    let asks = match name.to_ascii_lowercase().as_str() {
        "all" if rest.is_empty() => {
            spf.all.get_or_insert(qualifier.unwrap_or('+'));
            return Some(());
        }
        "include" | "exists" => {
            target.filter(|target| !target.is_empty())?;
            true
        }
        "a" | "mx" | "ptr" if target.is_none_or(|target| !target.is_empty()) => true,
        "ip4" => {
            network::<Ipv4Addr>(target?, 32)?;
            false
        }
        "ip6" => {
            network::<Ipv6Addr>(target?, 128)?;
            false
        }
        _ => return None,
    };
    if counts {
        spf.look_ups += usize::from(asks);
        if qualifier.unwrap_or('+') == '+' {
            spf.lets_some = true;
            spf.names.extend(target.filter(|_| !name.eq_ignore_ascii_case("include")));
        }
    }
    Some(())
}

fn read_modifier<'a>(name: &str, value: &'a str, spf: &mut Spf<'a>) -> Option<()> {
    let first = name.chars().next()?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !first.is_ascii_alphabetic() || !name.chars().all(is_name) {
        return None;
    }
    if name.eq_ignore_ascii_case("redirect") {
        // Twice is an error (section 6).
        if spf.redirect.is_some() || value.is_empty() {
            return None;
        }
        spf.redirect = Some(value);
    }
    Some(())
}

/// An address, perhaps with the length of its network.
fn network<T: std::str::FromStr>(text: &str, most: u8) -> Option<T> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, length.parse().ok()?),
        None => (text, most),
    };
    (length <= most).then(|| address.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(answer: Answer) -> Finding {
        judge("acme.com", &Answers::from([("acme.com".to_owned(), answer)]), Some("smtp.relay.net"))
    }

    #[test]
    fn one_record() {
        let eleven = format!("v=spf1 {}-all", "include:x.net ".repeat(11));
        let behind_all = format!("v=spf1 ip4:192.0.2.1 -all {}", "include:x.net ".repeat(11));
        for (record, mark, words) in [
            (
                "v=spf1 include:relay.net -all",
                Mark::Fine,
                "has others refused (-all). Whether your relay is among",
            ),
            ("v=spf1 mx ip4:192.0.2.0/24 ~all", Mark::Fine, "makes others suspect (~all)"),
            ("V=SPF1 A:Smtp.Relay.NET -ALL", Mark::Fine, "It names your relay, smtp.relay.net."),
            ("v=spf1 -a:smtp.relay.net mx -all", Mark::Fine, "Whether your relay"),
            ("v=spf1 include:smtp.relay.net -all", Mark::Fine, "Whether your relay"),
            ("v=spf1 redirect=_spf.relay.net", Mark::Fine, "What _spf.relay.net says holds for acme.com"),
            ("v=spf1 ip6:2001:db8::/32 exp=why.acme.com x-y=z -all", Mark::Fine, "-all"),
            ("v=spf1 exists:%{i}._spf.acme.com -all", Mark::Fine, "-all"),
            (&behind_all, Mark::Fine, "-all"),
            ("v=spf1 +all", Mark::Weak, "lets anyone send"),
            ("v=spf1 mx all", Mark::Weak, "lets anyone send"),
            ("v=spf1 mx all -all", Mark::Weak, "lets anyone send"),
            ("v=spf1 mx ?all", Mark::Weak, "(?all)"),
            ("v=spf1 mx", Mark::Weak, "no “all”"),
            ("v=spf1", Mark::Weak, "no “all”"),
            ("v=spf1 -all", Mark::Broken, "no server at all sends for acme.com"),
            ("v=spf1 ?mx ~all", Mark::Broken, "no server at all"),
            (&eleven, Mark::Broken, "ask the DNS 11 times"),
            ("v=spf1 ipv4:192.0.2.1 -all", Mark::Broken, "“ipv4:192.0.2.1” is no term"),
            ("v=spf1 ip4:mail.acme.com -all", Mark::Broken, "“ip4:mail.acme.com”"),
            ("v=spf1 ip4:192.0.2.1/33 -all", Mark::Broken, "“ip4:192.0.2.1/33”"),
            ("v=spf1 include: -all", Mark::Broken, "“include:”"),
            ("v=spf1 include -all", Mark::Broken, "“include”"),
            ("v=spf1 mx -all:x", Mark::Broken, "“-all:x”"),
            ("v=spf1 redirect=a.net redirect=b.net", Mark::Broken, "“redirect=b.net”"),
            ("v=spf1 mx\\009-all", Mark::Broken, "“mx\\009-all”"),
            ("v=spf1 -=x", Mark::Broken, "“-=x”"),
            ("v=spf1 mx; -all", Mark::Broken, "“mx;”"),
        ] {
            let finding = judged(Answer::Records(vec![record.to_owned()]));
            assert_eq!(finding.mark, mark, "{record}: {finding:?}");
            assert!(finding.says.contains(words), "{record}: {}", finding.says);
            assert_eq!(finding.found[0].text, record);
            assert_eq!(finding.advice.is_none(), mark == Mark::Fine, "{record}");
        }
    }

    #[test]
    fn no_record_and_several() {
        let missing = judged(Answer::None);
        assert_eq!(missing.mark, Mark::Missing);
        let publish = missing.publish.unwrap();
        assert_eq!((publish.name.as_str(), publish.text.as_str()), ("acme.com", "v=spf1 include:RELAY ~all"));

        let several = judged(Answer::Records(vec!["v=spf1 mx -all".into(), "v=spf1 a -all".into()]));
        assert_eq!((several.mark, several.found.len()), (Mark::Broken, 2));
        assert!(several.says.contains("more than one"), "{}", several.says);
    }

    #[test]
    fn what_nobody_knows_is_not_missing() {
        let unknown = judged(Answer::Failed("no answer within 3 seconds".into()));
        assert_eq!(unknown.mark, Mark::Unknown);
        assert!(
            unknown.says.contains("could not be looked up: no answer within 3 seconds."),
            "{}",
            unknown.says
        );
        let here = judge("acme.test", &Answers::new(), None);
        assert_eq!(here.mark, Mark::Unknown);
        assert!(here.says.contains("no public domain"), "{}", here.says);
    }

    #[test]
    fn an_address_as_relay() {
        let answers =
            |record: &str| Answers::from([("acme.com".to_owned(), Answer::Records(vec![record.to_owned()]))]);
        for (record, relay, named) in [
            ("v=spf1 ip4:192.0.2.1 -all", "192.0.2.1", true),
            ("v=spf1 ip6:2001:db8::1 -all", "[2001:db8::1]", true),
            ("v=spf1 ip4:192.0.2.11 -all", "192.0.2.1", false),
        ] {
            let says = judge("acme.com", &answers(record), Some(relay)).says;
            assert_eq!(says.contains("names your relay"), named, "{record} {relay}: {says}");
        }
    }

    #[test]
    fn which_records_are_meant() {
        for (text, is) in [
            ("v=spf1 -all", true),
            ("v=spf1", true),
            ("V=SPF1 mx", true),
            ("v=spf10 -all", false),
            ("v=spf1\\009-all", false),
            (" v=spf1 -all", false),
            ("spf2.0/pra mx", false),
            ("google-site-verification=x", false),
            ("", false),
        ] {
            assert_eq!(is_record(text), is, "{text:?}");
        }
    }
}
