//! A real SMTP server on loopback that does as it is told: PyPI's aiosmtpd, started by each test that needs one.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use rollcall::{config::MailTransport, mail::parse_smtp_url};
use serde_json::{Value, json};

/// A Python that has aiosmtpd.
const PYTHON_VARIABLE: &str = "ROLLCALL_TEST_PYTHON";

/// A mail that the server took, as Python's own parser reads it.
#[derive(Clone, Debug)]
pub struct Received(Value);

impl Received {
    pub fn to(&self) -> &str {
        self.0["to"][0].as_str().unwrap()
    }

    /// The envelope's sender.
    pub fn sender(&self) -> &str {
        self.0["from"].as_str().unwrap()
    }

    /// The user who signed in, if one did.
    pub fn user(&self) -> Option<&str> {
        self.0["user"].as_str()
    }

    /// Whether it came over TLS.
    pub fn encrypted(&self) -> bool {
        self.0["encrypted"].as_bool().unwrap()
    }

    pub fn text(&self) -> &str {
        self.0["text"].as_str().unwrap()
    }

    pub fn html(&self) -> &str {
        self.0["html"].as_str().unwrap()
    }

    /// The names of all headers, in order.
    pub fn header_names(&self) -> Vec<&str> {
        self.0["headers"].as_array().unwrap().iter().map(|header| header[0].as_str().unwrap()).collect()
    }

    /// The value of a header that occurs once.
    pub fn header(&self, name: &str) -> &str {
        let headers = self.0["headers"].as_array().unwrap();
        let mut values = headers.iter().filter(|header| header[0] == name);
        let value = values.next().unwrap_or_else(|| panic!("no header {name}"));
        assert!(values.next().is_none(), "{name} occurs twice");
        value[1].as_str().unwrap()
    }

    /// The secret in the link.
    pub fn token(&self) -> String {
        token_in(self.text())
    }

    /// The secret behind this path in a link.
    pub fn token_after(&self, path: &str) -> String {
        let (_, after) = self.text().split_once(path).expect("there is a link");
        after.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
    }

    /// Fails unless every server and parser would take it as it is.
    pub fn assert_well_formed(&self) {
        assert_eq!(self.0["defects"], json!([]));
        assert_eq!(self.0["ascii"], true);
        assert!(self.0["longest_line"].as_u64().unwrap() <= 998);
    }
}

/// The secret in the first invitation link of a text.
pub fn token_in(text: &str) -> String {
    let (_, after) = text.split_once("/invite/").expect("there is a link");
    after.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

/// The server. It ends when this is dropped, and by itself when the test process ends.
pub struct SmtpServer {
    child: Child,
    orders: ChildStdin,
    port: u16,
    obeyed: mpsc::Receiver<()>,
    received: Arc<Mutex<Vec<Received>>>,
    certificate: String,
}

impl SmtpServer {
    pub fn start() -> Self {
        Self::start_with(&json!({}))
    }

    /// One that takes mail only from this user.
    pub fn with_user(user: &str, password: &str) -> Self {
        Self::start_with(&json!({ "user": [user, password] }))
    }

    /// One that takes mail only encrypted, with a certificate that nobody vouches for.
    pub fn with_tls(from_the_start: bool) -> Self {
        let names = ["localhost".to_owned(), "0.0.0.0".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "{}{}", made.signing_key.serialize_pem(), made.cert.pem()).unwrap();
        // The file is read before the server says its port.
        let settings = json!({ "certificate": file.path(), "tls_from_the_start": from_the_start });
        let mut server = Self::start_with(&settings);
        server.certificate = made.cert.pem();
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it shows, as a PEM file.
    pub fn certificate(&self) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "{}", self.certificate).unwrap();
        file
    }

    fn start_with(settings: &Value) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/smtp_server.py");
        let mut child = Command::new(python())
            .arg(script)
            .arg(settings.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next().expect(NO_PYTHON).unwrap()).unwrap();
        let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (obey, obeyed) = mpsc::channel();
        let inbox = Arc::clone(&received);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).unwrap();
                if line.get("ok").is_some() {
                    let _ = obey.send(());
                } else {
                    inbox.lock().unwrap().push(Received(line));
                }
            }
        });
        Self { child, orders, port, obeyed, received, certificate: String::new() }
    }

    /// Gives the server new rules, a JSON list; see the script for the words.
    pub fn obey(&mut self, rules: &Value) {
        writeln!(self.orders, "{rules}").unwrap();
        self.obeyed.recv_timeout(Duration::from_secs(20)).expect("the server answers");
    }

    /// What it has taken, in order.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until it has taken so many mails.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        for _ in 0..400 {
            if self.received.lock().unwrap().len() >= count {
                return self.received();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} mails were expected, {} came", self.received().len());
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    pub fn transport(&self) -> MailTransport {
        MailTransport::Smtp(parse_smtp_url(&self.url()).unwrap())
    }

    /// The same with another scheme, and by a host name that may or may not say that it is this machine.
    pub fn transport_by(&self, scheme: &str, host: &str) -> MailTransport {
        MailTransport::Smtp(parse_smtp_url(&format!("{scheme}://{host}:{}", self.port)).unwrap())
    }

    /// The same with `user:password@`.
    pub fn transport_as(&self, credentials: &str) -> MailTransport {
        let url = self.url().replace("//", &format!("//{credentials}"));
        MailTransport::Smtp(parse_smtp_url(&url).unwrap())
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const NO_PYTHON: &str = "the tests of mail need a Python with aiosmtpd: run `cargo xtask test`, or \
                         `python3 -m venv target/test-python && target/test-python/bin/pip install aiosmtpd==1.4.6` \
                         (or name another one in ROLLCALL_TEST_PYTHON)";

/// The Python named by the environment, else the one in `target/test-python`, else the system's.
fn python() -> String {
    if let Ok(python) = env::var(PYTHON_VARIABLE) {
        return python;
    }
    let prepared = concat!(env!("CARGO_MANIFEST_DIR"), "/target/test-python/bin/python");
    if std::path::Path::new(prepared).exists() { prepared.to_owned() } else { "python3".to_owned() }
}
