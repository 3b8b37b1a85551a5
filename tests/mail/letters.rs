//! Every mail in every language.

use rollcall::{
    clock::Timestamp,
    config::BaseUrl,
    mail::{
        Addressee, Identity, Letter, Message, ReturnPath, languages,
        templates::{SeatLimitReached, sample},
    },
    model::{MailId, MailTemplate},
};

use crate::support::BASE_URL;

const NOW: Timestamp = Timestamp(1_768_467_600_000_000);

fn rendered(template: MailTemplate, language: &str) -> Message {
    written(&sample(template, NOW), language)
}

fn written(letter: &Letter, language: &str) -> Message {
    let addressee = Addressee { email: "ada@acme.test".to_owned(), language: Some(language.to_owned()) };
    let identity = Identity {
        id: MailId("01987654-0000-7000-8000-000000000001".to_owned()),
        generation: 1,
        return_key: "00c0ffee00c0ffee".to_owned(),
        from: "Rollcall <rollcall@acme.test>".parse().unwrap(),
        reply_to: Some("Acme IT <it@acme.test>".parse().unwrap()),
        return_path: Some(ReturnPath::parse("bounces+{id}@acme.test").unwrap()),
        date: NOW,
    };
    letter.render(&addressee, &identity, &BaseUrl::parse(BASE_URL).unwrap()).unwrap()
}

#[test]
fn every_mail_says_something_of_its_own_in_every_language() {
    for template in MailTemplate::ALL {
        assert_eq!(sample(*template, NOW).template(), *template);
        let mut subjects: Vec<String> = Vec::new();
        for (language, _) in languages() {
            let message = rendered(*template, language);
            assert!(message.html.contains(&format!("lang=\"{language}\"")), "{template} {language}");
            for part in [&message.subject, &message.text, &message.html] {
                assert!(!part.trim().is_empty(), "{template} {language}");
                // The style sheet has braces of its own.
                let words = part.split("</style>").last().unwrap();
                assert!(!words.contains(['{', '}']), "a blank is left in {template} {language}: {words}");
            }
            assert!(message.text.contains("ada@acme.test"), "{template} {language}: {}", message.text);
            for word in ["<img", "src=", "url(", "<link", "<script", "@import"] {
                assert!(!message.html.contains(word), "{word} in {template}");
            }
            assert!(message.html.len() < 20_000, "{template}: {}", message.html.len());
            assert!(!subjects.contains(&message.subject), "{template} is not translated into {language}");
            subjects.push(message.subject);
        }
    }
}

#[test]
fn one_seat_is_not_counted() {
    let letter = Letter::SeatLimitReached(SeatLimitReached {
        workspace: "Acme".to_owned(),
        limit: 1,
        at: NOW,
        path: "/".to_owned(),
    });
    for (language, words) in [
        ("en", "its only seat is taken"),
        ("de", "Der einzige Platz ist belegt"),
        ("fr", "la seule place est prise"),
    ] {
        let text = written(&letter, language).text;
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn answers_go_to_the_support_contact_and_bounces_to_an_address_of_their_own() {
    let message = rendered(MailTemplate::MassChange, "en");
    let headers = message.headers();
    assert!(headers.contains("\nReply-To: \"Acme IT\" <it@acme.test>\n"), "{headers}");
    assert!(headers.contains("From: Rollcall <rollcall@acme.test>\n"), "{headers}");
    assert!(!headers.contains("List-Unsubscribe"), "an alert cannot be declined: {headers}");
    assert_eq!(
        message.sender.to_string(),
        "bounces+0198765400007000800000000000000100c0ffee00c0ffee@acme.test"
    );
}

#[test]
fn no_sample_opens_anything() {
    for template in MailTemplate::ALL {
        let text = rendered(*template, "en").text;
        let links = text.split_whitespace().filter(|word| word.starts_with(BASE_URL));
        for link in links {
            assert!(
                link == format!("{BASE_URL}/")
                    || link == BASE_URL
                    || link == format!("{BASE_URL}/account")
                    || link.contains("********")
                    || link.ends_with('.'),
                "{link}"
            );
        }
    }
}
