//! Mail: what is said (templates and words, compiled in) and how it leaves (SMTP, or the built-in mailbox).
//!
//! Nothing here decides when a mail is sent: that is [`crate::jobs`]. To add a mail, see [`templates`]; to add a language,
//! see `words/`.

mod address;
mod answer;
pub mod bounce;
mod message;
mod order;
mod return_path;
pub mod sender_domain;
mod smtp;
mod smtp_failure;
mod smtp_server;
mod smtp_url;
pub mod templates;
mod test_mail;
mod transport;
mod trouble;
mod words;

pub use address::parse_sender;
pub use answer::Answer;
pub use message::{Identity, Message};
pub use order::{Order, order};
pub use return_path::ReturnPath;
pub use smtp::Timeouts;
pub use smtp_server::SmtpServer;
pub use smtp_url::parse_smtp_url;
pub use templates::{Addressee, Letter};
pub use test_mail::send_test_mail;
pub use transport::Transport;
pub use trouble::Trouble;
pub use words::{default_language, known_language, languages, languages_by_preference};

/// The text on one line: control characters and line breaks of every kind become spaces, what is longer than
/// `longest` characters is cut. Whatever comes from outside passes through here before it reaches a header or a log.
fn one_line(text: &str, longest: usize) -> String {
    let breaks = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}');
    let words: Vec<&str> = text.split(breaks).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    if line.chars().count() <= longest {
        return line;
    }
    let mut cut: String = line.chars().take(longest.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn one_line_is_one_line() {
        assert_eq!(one_line("Acme\r\nBcc: eve@evil.test\u{2028}x\t\0y", 80), "Acme Bcc: eve@evil.test x y");
        assert_eq!(one_line("  a  b ", 80), "a b");
        assert_eq!(one_line("äöü", 2), "ä…");
        assert_eq!(one_line("äöü", 3), "äöü");
    }
}
