//! DMARC: what happens to mail that is not proven to be of the domain in its `From` header (RFC 9989).

use std::collections::HashMap;

use super::{Answer, Answers, Finding, MOST_QUOTED, Mark, SenderDomain, domain, shown_domain};
use crate::mail::one_line;

/// Where the record of a domain stands.
pub(super) fn name(domain: &str) -> String {
    format!("_dmarc.{domain}")
}

/// Whether receivers take it for a DMARC record (section 4.7).
pub(super) fn is_record(text: &str) -> bool {
    let text = text.replace(TAB, " ");
    let first = text.split(';').next().and_then(|tag| tag.split_once('='));
    first.is_some_and(|(tag, value)| tag.trim_end().eq_ignore_ascii_case("v") && value.trim() == "DMARC1")
}

/// A tab, as it is written here; DMARC allows it wherever it allows a space.
const TAB: &str = "\\009";

/// The tags of a record, their names in lower case.
struct Tags(HashMap<String, String>);

impl Tags {
    fn read(record: &str) -> Self {
        let record = record.replace(TAB, " ");
        let tags = record.split(';').filter_map(|tag| tag.split_once('='));
        Self(tags.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned())).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).is_some_and(|have| have.eq_ignore_ascii_case(value))
    }
}

/// What the records mean for mail from the sender.
pub(super) fn judge(sender: &SenderDomain, answers: &Answers) -> Finding {
    let from = sender.from.as_str();
    if !domain::is_public(from) {
        return Finding::not_public(from);
    }
    match answers.get(&name(from)) {
        Some(Answer::Records(records)) => match &records[..] {
            [record] => judge_record(sender, answers, from, record),
            _ => Finding::new(
                Mark::Broken,
                format!(
                    "{} has more than one DMARC record, so receivers use none of them.",
                    shown_domain(from)
                ),
            )
            .found(&name(from), records)
            .advice("Keep one of them."),
        },
        Some(Answer::None) => inherited(sender, answers),
        Some(Answer::Failed(why)) => Finding::failed(&name(from), why),
        None => Finding::failed(&name(from), "nobody asked"),
    }
}

/// Without a record of its own a domain has that of its organization, else that of the public suffix above it
/// (section 4.10.1).
fn inherited(sender: &SenderDomain, answers: &Answers) -> Finding {
    let from = sender.from.as_str();
    let organization = organization(from, answers);
    let suffix = organization.split_once('.').map(|(_, above)| above);
    let suffix = suffix.filter(|suffix| record_of(suffix, answers).is_some_and(|tags| tags.is("psd", "y")));
    for place in [Some(organization), suffix].into_iter().flatten() {
        if let Some(Answer::Records(records)) = answers.get(&name(place))
            && let [record] = &records[..]
        {
            return judge_record(sender, answers, place, record);
        }
    }
    if let Some((name, why)) = failure(from, answers) {
        return Finding::failed(&name, why);
    }
    Finding::new(
        Mark::Missing,
        format!(
            "{} has no DMARC record: receivers are not told what to do with forged mail, and large ones want a record before they take many mails.",
            shown_domain(from)
        ),
    )
    .advice("Publish this to begin with. By it nothing is refused, and reports go to the address in it.")
    .publish(&name(from), format!("v=DMARC1; p=none; rua=mailto:postmaster@{from}"))
}

/// What the record at `place` means: the sender's own, or one above it.
fn judge_record(sender: &SenderDomain, answers: &Answers, place: &str, record: &str) -> Finding {
    let tags = Tags::read(record);
    let own = place == sender.from;
    let (tag, policy) = match tags.get("sp").filter(|_| !own) {
        Some(policy) => ("sp", Some(policy)),
        None => ("p", tags.get("p")),
    };
    let shown = shown_domain(&sender.from);
    let whose = if own { "record".to_owned() } else { format!("record of {}", shown_domain(place)) };
    let records = [record.to_owned()];
    let Some(policy) =
        policy.map(str::to_ascii_lowercase).filter(|policy| OUTCOMES.iter().any(|(word, _)| word == policy))
    else {
        let has = policy.map_or_else(
            || format!("has no {tag}"),
            |policy| format!("has {tag}={}", one_line(policy, MOST_QUOTED)),
        );
        return Finding::new(
            Mark::Broken,
            format!("The {whose} {has}: receivers ignore it, or take it for {tag}=none."),
        )
        .found(&name(place), &records)
        .advice(format!("Set {tag}=none, {tag}=quarantine or {tag}=reject."));
    };
    let outcome = OUTCOMES.iter().find(|(word, _)| *word == policy).map_or("", |(_, outcome)| outcome);
    let says = format!("By the {whose}, {outcome} ({tag}={policy}).");
    let unaligned = format!(
        "The return path is of {}, so SPF proves nothing of {shown} here: your relay must sign mail as {shown} (DKIM).",
        shown_domain(&sender.envelope)
    );
    match is_aligned(sender, answers, &tags) {
        Some(false) if policy != "none" => Finding::new(Mark::Weak, format!("{says} {unaligned}")).advice(
            format!("Set ROLLCALL_RETURN_PATH to an address of {shown}, or see that your relay signs so."),
        ),
        Some(false) => Finding::new(Mark::Fine, format!("{says} {unaligned}")),
        Some(true) | None => Finding::new(Mark::Fine, says),
    }
    .found(&name(place), &records)
}

/// What a policy does to mail that neither SPF nor DKIM proves.
const OUTCOMES: [(&str, &str); 3] = [
    ("none", "nothing is refused"),
    ("quarantine", "mail that neither SPF nor DKIM proves to be yours goes to spam"),
    ("reject", "mail that neither SPF nor DKIM proves to be yours is refused"),
];

/// Whether the envelope's domain counts for that of the `From` header (section 4.4); unknown where the DNS did not answer.
fn is_aligned(sender: &SenderDomain, answers: &Answers, tags: &Tags) -> Option<bool> {
    let (from, envelope) = (sender.from.as_str(), sender.envelope.as_str());
    if from == envelope {
        return Some(true);
    }
    if tags.is("aspf", "s") {
        return Some(false);
    }
    if failure(from, answers).or_else(|| failure(envelope, answers)).is_some() {
        return None;
    }
    Some(organization(from, answers) == organization(envelope, answers))
}

/// The domain of the organization, found by walking up (section 4.10.2).
fn organization<'a>(start: &'a str, answers: &Answers) -> &'a str {
    let mut found = start;
    let mut below = start;
    for place in domain::tree(start) {
        if let Some(tags) = record_of(place, answers) {
            if tags.is("psd", "y") && place != start {
                return below;
            }
            found = place;
            if tags.is("psd", "n") || tags.is("psd", "y") {
                return found;
            }
        }
        below = place;
    }
    found
}

/// The record of a domain; several are none.
fn record_of(domain: &str, answers: &Answers) -> Option<Tags> {
    match answers.get(&name(domain)) {
        Some(Answer::Records(records)) => match &records[..] {
            [record] => Some(Tags::read(record)),
            _ => None,
        },
        _ => None,
    }
}

/// The first name on the way up that the DNS said nothing about, and why.
fn failure<'a>(domain: &str, answers: &'a Answers) -> Option<(String, &'a str)> {
    domain::tree(domain).into_iter().find_map(|place| match answers.get(&name(place)) {
        Some(Answer::Failed(why)) => Some((name(place), why.as_str())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names that are not mentioned have no record.
    fn judged(from: &str, envelope: &str, records: &[(&str, &str)]) -> Finding {
        judge(&sender(from, envelope), &answers(from, envelope, records))
    }

    fn sender(from: &str, envelope: &str) -> SenderDomain {
        SenderDomain { from: from.to_owned(), envelope: envelope.to_owned() }
    }

    fn answers(from: &str, envelope: &str, records: &[(&str, &str)]) -> Answers {
        let mut answers: Answers = domain::tree(from)
            .into_iter()
            .chain(domain::tree(envelope))
            .map(|it| (name(it), Answer::None))
            .collect();
        for (place, record) in records {
            let answer = answers.entry(name(place)).or_insert(Answer::None);
            match answer {
                Answer::Records(texts) => texts.push((*record).to_owned()),
                other => *other = Answer::Records(vec![(*record).to_owned()]),
            }
        }
        answers
    }

    #[test]
    fn its_own_record() {
        for (record, mark, words) in [
            (
                "v=DMARC1; p=none; rua=mailto:x@acme.com",
                Mark::Fine,
                "By the record, nothing is refused (p=none).",
            ),
            ("v=DMARC1;p=quarantine", Mark::Fine, "goes to spam (p=quarantine)"),
            ("v = DMARC1 ; P = Reject ; pct=50", Mark::Fine, "is refused (p=reject)"),
            ("v=DMARC1;\\009p=reject", Mark::Fine, "(p=reject)"),
            // `sp` is for those below.
            ("v=DMARC1; p=none; sp=reject", Mark::Fine, "(p=none)"),
            ("v=DMARC1; p=refuse", Mark::Broken, "has p=refuse: receivers ignore it"),
            ("v=DMARC1; rua=mailto:x@acme.com", Mark::Broken, "has no p"),
            ("v=DMARC1", Mark::Broken, "has no p"),
        ] {
            let finding = judged("acme.com", "acme.com", &[("acme.com", record)]);
            assert_eq!(finding.mark, mark, "{record}: {finding:?}");
            assert!(finding.says.contains(words), "{record}: {}", finding.says);
            assert_eq!(finding.found[0].name, "_dmarc.acme.com");
        }
    }

    #[test]
    fn no_record_and_several() {
        let missing = judged("mail.acme.com", "mail.acme.com", &[]);
        assert_eq!(missing.mark, Mark::Missing);
        let publish = missing.publish.unwrap();
        assert_eq!(publish.name, "_dmarc.mail.acme.com");
        assert_eq!(publish.text, "v=DMARC1; p=none; rua=mailto:postmaster@mail.acme.com");

        let two = [("acme.com", "v=DMARC1; p=none"), ("acme.com", "v=DMARC1; p=reject")];
        let several = judged("acme.com", "acme.com", &two);
        assert_eq!((several.mark, several.found.len()), (Mark::Broken, 2));
        // Above, several are none.
        assert_eq!(judged("mail.acme.com", "mail.acme.com", &two).mark, Mark::Missing);
    }

    #[test]
    fn the_record_of_the_organization_holds_below_it() {
        for (records, mark, words) in [
            (&[("acme.com", "v=DMARC1; p=reject")][..], Mark::Fine, "By the record of acme.com, mail"),
            (&[("acme.com", "v=DMARC1; p=reject; sp=none")], Mark::Fine, "(sp=none)"),
            (&[("acme.com", "v=DMARC1; p=reject; sp=x")], Mark::Broken, "has sp=x"),
            // The highest record is the organization's, unless one says otherwise.
            (
                &[("mail.acme.com", "v=DMARC1; p=none"), ("acme.com", "v=DMARC1; p=reject")],
                Mark::Fine,
                "of acme.com",
            ),
            (
                &[("mail.acme.com", "v=DMARC1; p=none; psd=n"), ("acme.com", "v=DMARC1; p=reject")],
                Mark::Fine,
                "of mail.acme.com",
            ),
            (
                &[("acme.com", "v=DMARC1; p=none"), ("com", "v=DMARC1; p=reject; psd=y")],
                Mark::Fine,
                "of acme.com",
            ),
            (&[("com", "v=DMARC1; p=reject; psd=y")], Mark::Fine, "By the record of com, mail"),
        ] {
            let finding = judged("hr.mail.acme.com", "hr.mail.acme.com", records);
            assert_eq!(finding.mark, mark, "{records:?}: {finding:?}");
            assert!(finding.says.contains(words), "{records:?}: {}", finding.says);
        }
    }

    #[test]
    fn a_return_path_of_another_organization_leaves_it_to_dkim() {
        let reject = ("acme.com", "v=DMARC1; p=reject");
        for (from, envelope, records, mark, mentions) in [
            ("acme.com", "bounces.acme.com", &[reject][..], Mark::Fine, false),
            ("mail.acme.com", "bounces.acme.com", &[reject], Mark::Fine, false),
            ("mail.acme.com", "acme.com", &[reject], Mark::Fine, false),
            ("acme.com", "acme.relay.net", &[reject], Mark::Weak, true),
            ("acme.com", "relay.localhost", &[reject], Mark::Weak, true),
            ("acme.com", "acme.relay.net", &[("acme.com", "v=DMARC1; p=none")], Mark::Fine, true),
            ("acme.com", "bounces.acme.com", &[("acme.com", "v=DMARC1; p=reject; aspf=s")], Mark::Weak, true),
            // Its record makes it an organization of its own.
            (
                "mail.acme.com",
                "bounces.acme.com",
                &[("mail.acme.com", "v=DMARC1; p=reject")],
                Mark::Weak,
                true,
            ),
            (
                "acme.co.uk",
                "other.co.uk",
                &[("acme.co.uk", "v=DMARC1; p=reject"), ("co.uk", "v=DMARC1; p=none; psd=y")],
                Mark::Weak,
                true,
            ),
        ] {
            let finding = judged(from, envelope, records);
            assert_eq!(finding.mark, mark, "{from} {envelope}: {finding:?}");
            assert_eq!(finding.says.contains("DKIM)."), mentions, "{from} {envelope}: {}", finding.says);
        }
    }

    #[test]
    fn what_nobody_knows_is_not_missing() {
        let failed = |place: &str, records: &[(&str, &str)]| {
            let mut answers = answers("mail.acme.com", "bounces.acme.com", records);
            answers.insert(name(place), Answer::Failed("no answer".to_owned()));
            judge(&sender("mail.acme.com", "bounces.acme.com"), &answers)
        };
        for place in ["mail.acme.com", "acme.com"] {
            let finding = failed(place, &[]);
            assert_eq!(finding.mark, Mark::Unknown, "{finding:?}");
            let words = format!("_dmarc.{place} could not be looked up: no answer.");
            assert!(finding.says.contains(&words), "{}", finding.says);
        }
        // What is known is said, and nothing else: whether the return path counts rests on acme.com.
        let known = failed("acme.com", &[("mail.acme.com", "v=DMARC1; p=reject")]);
        assert_eq!(known.mark, Mark::Fine, "{known:?}");
        assert!(!known.says.contains("return path"), "{}", known.says);

        let here = judge(&sender("localhost.localdomain", "acme.com"), &Answers::new());
        assert!(here.says.contains("no public domain"), "{}", here.says);
    }

    #[test]
    fn which_records_are_meant() {
        for (text, is) in [
            ("v=DMARC1", true),
            ("v=DMARC1; p=none", true),
            ("V = DMARC1;", true),
            ("v\\009=\\009DMARC1;p=none", true),
            ("v=dmarc1; p=none", false),
            ("v=DMARC10; p=none", false),
            ("v=DMARC1 p=none", false),
            ("p=none; v=DMARC1", false),
            ("", false),
        ] {
            assert_eq!(is_record(text), is, "{text:?}");
        }
    }

    #[test]
    fn the_letters_of_other_scripts() {
        let missing = judged("xn--bcher-kva.de", "xn--bcher-kva.de", &[]);
        assert!(missing.says.starts_with("bücher.de has no DMARC record"), "{}", missing.says);
        assert_eq!(missing.publish.unwrap().name, "_dmarc.xn--bcher-kva.de");
    }
}
