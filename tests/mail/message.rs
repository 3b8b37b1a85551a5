//! What a mail says and how it is put together.

use rollcall::{
    clock::{Clock, Timestamp},
    config::BaseUrl,
    mail::{
        Addressee, Identity, Letter, Message,
        templates::{Invitation, InvitedBy, Occasion},
    },
    model::{MailId, Provider, Role},
    secret::Secret,
};

use crate::support::BASE_URL;

const DAY: i64 = 24 * 3600 * 1_000_000;
const SENT: Timestamp = Timestamp(1_768_467_600_000_000);

fn invitation() -> Invitation {
    Invitation {
        occasion: Occasion::Invited,
        workspace: "Acme".to_owned(),
        invited_by: InvitedBy::Person("Ada Lovelace".to_owned()),
        role: Role::Member,
        token: Secret::generate(&Clock::System, "").unwrap(),
        expires_at: Timestamp(SENT.0 + 14 * DAY),
    }
}

fn identity() -> Identity {
    Identity {
        id: MailId("01987654-0000-7000-8000-000000000001".to_owned()),
        generation: 2,
        return_key: "00c0ffee00c0ffee".to_owned(),
        from: "Rollcall <rollcall@acme.test>".parse().unwrap(),
        reply_to: None,
        return_path: None,
        date: SENT,
    }
}

fn rendered(mail: &Invitation) -> Message {
    rendered_to("grace@acme.test", None, mail)
}

fn rendered_to(email: &str, language: Option<&str>, mail: &Invitation) -> Message {
    try_rendering(email, language, mail).unwrap()
}

fn try_rendering(email: &str, language: Option<&str>, mail: &Invitation) -> Result<Message, String> {
    let addressee = Addressee { email: email.to_owned(), language: language.map(str::to_owned) };
    Letter::Invitation(mail.clone()).render(&addressee, &identity(), &BaseUrl::parse(BASE_URL).unwrap())
}

/// The unfolded value of a header, which must occur once.
fn header(message: &Message, name: &str) -> String {
    let head = head(message).replace("\r\n ", " ");
    let values: Vec<&str> =
        head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect();
    assert_eq!(values.len(), 1, "{name} in {head}");
    values[0].trim().to_owned()
}

fn head(message: &Message) -> String {
    let source = String::from_utf8(message.bytes.clone()).unwrap();
    source.split_once("\r\n\r\n").unwrap().0.to_owned()
}

#[test]
fn an_invitation_says_who_where_what_and_until_when() {
    let mail = invitation();
    let message = rendered(&mail);
    let link = format!("{BASE_URL}/invite/{}", mail.token.reveal());
    assert_eq!(message.subject, "Join Acme on Rollcall");
    for part in [&message.text, &message.html] {
        assert!(part.contains("Ada Lovelace invited you to join Acme as a member."), "{part}");
        assert!(part.contains("expires on 29 January 2026 at 09:00 UTC"), "{part}");
        assert!(part.contains("grace@acme.test"), "{part}");
        assert!(part.contains("Decline"), "{part}");
        assert!(part.contains(&link), "{part}");
    }
    assert_eq!(message.text.matches(&link).count(), 2);
    assert_eq!(message.html.matches(&format!("href=\"{link}\"")).count(), 3, "button, plain link, decline");
}

#[test]
fn a_directory_invites_in_the_name_of_the_it_team() {
    for (invited_by, sentence) in [
        (
            InvitedBy::Directory(Provider::Okta),
            "Your IT team, through Okta, invited you to join Acme as an admin.",
        ),
        (
            InvitedBy::Directory(Provider::Entra),
            "Your IT team, through Entra ID, invited you to join Acme as an admin.",
        ),
        (InvitedBy::Directory(Provider::Generic), "Your IT team invited you to join Acme as an admin."),
        (InvitedBy::Nobody, "You are invited to join Acme as an admin."),
    ] {
        let message = rendered(&Invitation { invited_by, role: Role::Admin, ..invitation() });
        assert!(message.text.contains(sentence), "{}", message.text);
        assert!(message.html.contains(sentence), "{}", message.html);
    }
}

#[test]
fn it_speaks_the_persons_language() {
    for (language, subject, sentence, until) in [
        (
            "fr-CA",
            "Rejoignez Acme sur Rollcall",
            "Ada Lovelace vous invite à rejoindre Acme avec le rôle «\u{a0}Membre\u{a0}».",
            "29 janvier 2026 à 09:00 UTC",
        ),
        (
            "de",
            "Einladung zu Acme auf Rollcall",
            "Ada Lovelace lädt Sie ein, Acme mit der Rolle „Mitglied“ beizutreten.",
            "29. Januar 2026 um 09:00 Uhr UTC",
        ),
        ("ja", "Join Acme on Rollcall", "invited you to join Acme", "29 January 2026"),
    ] {
        let message = rendered_to("grace@acme.test", Some(language), &invitation());
        assert_eq!(message.subject, subject);
        for part in [message.text, message.html.replace("&nbsp;", "\u{a0}")] {
            assert!(part.contains(sentence), "{part}");
            assert!(part.contains(until), "{part}");
        }
    }
    let message = rendered_to("grace@acme.test", Some("fr"), &invitation());
    assert!(message.html.contains("lang=\"fr\""));
}

#[test]
fn a_reminder_says_so() {
    let message = rendered(&Invitation { occasion: Occasion::Reminded, ..invitation() });
    assert_eq!(message.subject, "Reminder: join Acme on Rollcall");
    assert!(message.text.contains("Your invitation is still open."));
    assert!(message.html.contains("Your invitation is still open."));
}

#[test]
fn headers_tell_machines_what_it_is() {
    let mail = invitation();
    let message = rendered(&mail);
    assert_eq!(header(&message, "Message-ID"), "<01987654-0000-7000-8000-000000000001.2@acme.test>");
    assert_eq!(header(&message, "From"), "Rollcall <rollcall@acme.test>");
    assert_eq!(header(&message, "To"), "grace@acme.test");
    assert_eq!(header(&message, "Date"), "Thu, 15 Jan 2026 09:00:00 +0000");
    assert_eq!(header(&message, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(&message, "X-Auto-Response-Suppress"), "All");
    assert_eq!(
        header(&message, "List-Unsubscribe"),
        format!("<{BASE_URL}/invite/{}/decline>", mail.token.reveal())
    );
    assert_eq!(header(&message, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert!(header(&message, "Content-Type").starts_with("multipart/alternative"));
}

#[test]
fn the_link_is_whole_in_the_source() {
    let mail = invitation();
    let source = String::from_utf8(rendered(&mail).bytes).unwrap();
    assert!(source.contains(&format!("\r\n{BASE_URL}/invite/{}\r\n", mail.token.reveal())), "{source}");
}

#[test]
fn two_attempts_are_the_same_mail() {
    let mail = invitation();
    assert_eq!(rendered(&mail).bytes, rendered(&mail).bytes);
}

#[test]
fn markup_in_names_stays_text() {
    let name = "<script>alert(1)</script><img src=x onerror=y> & \"Co\"";
    let message = rendered(&Invitation {
        workspace: name.to_owned(),
        invited_by: InvitedBy::Person("<b>{workspace}</b>".to_owned()),
        ..invitation()
    });
    assert!(!message.html.contains("<script"), "{}", message.html);
    assert!(!message.html.contains("<img"), "{}", message.html);
    assert!(!message.html.contains("<b>"), "{}", message.html);
    assert!(message.html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{}", message.html);
    assert!(
        message.html.contains("&lt;b&gt;{workspace}&lt;/b&gt; invited you"),
        "a value is not filled again"
    );
    assert!(message.text.contains(&format!("Join {name}")), "the text part is not escaped: {}", message.text);
}

#[test]
fn no_value_makes_a_header_or_a_line_of_its_own() {
    let nasty = "Acme\r\nBcc: eve@evil.test\r\n\r\n<p>Hello</p>\u{2028}X-Evil: 1";
    let mail = Invitation {
        workspace: nasty.to_owned(),
        invited_by: InvitedBy::Person(nasty.to_owned()),
        ..invitation()
    };
    let message = rendered_to("grace@acme.test", Some("fr\r\nX-Evil: 1"), &mail);
    for line in head(&message).lines() {
        assert!(!line.starts_with("Bcc") && !line.starts_with("X-Evil"), "{line}");
    }
    assert!(!message.subject.contains(['\r', '\n']));
    assert!(message.text.lines().all(|line| !line.starts_with("Bcc:") && !line.starts_with("X-Evil")));
    for recipient in
        ["grace@acme.test\r\nBcc: eve@evil.test", "grace@acme.test>\r\nRCPT TO:<eve@evil.test", "a@b@c"]
    {
        let refusal = try_rendering(recipient, None, &invitation()).unwrap_err();
        assert!(refusal.contains("is not an e-mail address") && !refusal.contains('\n'), "{refusal}");
    }
}

#[test]
fn long_and_foreign_names_stay_within_what_servers_take() {
    for workspace in ["Жук и сыновья ".repeat(40), "🦊".repeat(300), "x".repeat(5000)] {
        let message = rendered(&Invitation { workspace, ..invitation() });
        assert!(message.bytes.is_ascii());
        let longest = message.bytes.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap();
        assert!(longest < 998, "{longest}");
    }
}

#[test]
fn addresses_at_domains_in_other_scripts_are_written_in_ascii() {
    let message = rendered_to("grace@bücher.test", None, &invitation());
    assert_eq!(message.recipient.to_string(), "grace@xn--bcher-kva.test");
    assert_eq!(header(&message, "To"), "grace@xn--bcher-kva.test");
}

#[test]
fn the_html_carries_its_styles_and_nothing_that_tracks() {
    let html = rendered(&invitation()).html;
    let button = html.split("<a ").nth(1).unwrap().split('>').next().unwrap();
    assert!(
        button.contains("style=\"") && button.contains("padding: 10px 20px"),
        "styles are inlined: {button}"
    );
    assert!(html.contains("@media (prefers-color-scheme: dark)"), "rules for the dark stay");
    assert!(html.contains("name=\"color-scheme\" content=\"light dark\""));
    assert!(html.contains("width=\"600\""));
    for word in ["<img", "src=", "url(", "<link", "<script", "@import"] {
        assert!(!html.contains(word), "{word} in {html}");
    }
    assert!(html.len() < 20_000, "programs cut long mails: {}", html.len());
}
