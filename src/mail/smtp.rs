//! An SMTP relay: a few connections that are kept, and one conversation per mail.
//!
//! The connections are kept here and not by lettre: its pool takes a connection back even when the conversation on it
//! was cut off, and the next mail would then read the answers to the previous one. Here a connection comes back only
//! after an answer was read to its end; whatever else happens, it is closed.

use std::time::Duration;

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, TlsParameters},
    commands::{Data, Mail, Rcpt, Rset},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    response::{Response, Severity},
};
use percent_encoding::percent_decode_str;
use tokio::{net::TcpStream, sync::Mutex, time::Instant};

use super::{
    Answer, Message, SmtpServer,
    smtp_failure::{Failure, Step, judge},
    smtp_url::is_loopback,
};

/// Most connections that are kept.
const KEPT: usize = 4;
/// A connection that rested longer is not trusted to be open any more.
const RESTED: Duration = Duration::from_secs(50);

/// How long the relay may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To take a connection.
    pub connect: Duration,
    /// To answer a command.
    pub command: Duration,
    /// To take a mail after its last line. Long (RFC 5321 section 4.5.3.2.6): whoever gives up early here sends the
    /// mail a second time.
    pub content: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            command: Duration::from_secs(30),
            content: Duration::from_secs(300),
        }
    }
}

/// An SMTP relay.
pub(super) struct Relay {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeouts: Timeouts,
    resting: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

/// How the line is protected.
enum Security {
    /// TLS from the first byte.
    FromTheStart(TlsParameters),
    /// STARTTLS, or nothing is sent.
    StartTls(TlsParameters),
    /// This machine: STARTTLS where it is offered, whatever the certificate.
    Loopback(TlsParameters),
}

impl Relay {
    /// A relay. Nothing is sent yet.
    pub(super) fn new(server: &SmtpServer, timeouts: Timeouts) -> Result<Self, String> {
        let url = &server.url;
        let host = url.host_str().unwrap_or_default();
        let loopback = is_loopback(host);
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let implicit = url.scheme() == "smtps";
        let mut tls = TlsParameters::builder(host.clone());
        if let Some(authorities) = &server.authorities {
            tls = tls.add_root_certificate(authorities.clone());
        }
        let tls = tls
            // Nobody stands between this machine and itself, and local relays have certificates of their own making.
            .dangerous_accept_invalid_certs(loopback)
            .dangerous_accept_invalid_hostnames(loopback)
            .build()
            .map_err(|cause| format!("TLS cannot be set up: {cause}"))?;
        let security = match (implicit, loopback) {
            (true, _) => Security::FromTheStart(tls),
            (false, false) => Security::StartTls(tls),
            (false, true) => Security::Loopback(tls),
        };
        let credentials = url
            .password()
            .filter(|_| !url.username().is_empty())
            .map(|password| Credentials::new(decoded(url.username()), decoded(password)));
        Ok(Self {
            host,
            port: url.port().unwrap_or(if implicit { 465 } else { 587 }),
            security,
            credentials,
            hello: ClientId::default(),
            timeouts,
            resting: Mutex::new(Vec::new()),
        })
    }

    /// Host and port, for people.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Hands one mail to the relay.
    pub(super) async fn send(&self, message: &Message) -> Answer {
        let mut conn = match self.connection().await {
            Ok(conn) => conn,
            Err(failure) => return Answer::unavailable(&self.not_connected(failure)),
        };
        let parameters = match mail_parameters(&conn, message) {
            Ok(parameters) => parameters,
            Err(why) => {
                self.keep(conn).await;
                return Answer::impossible(why);
            }
        };
        match self.converse(&mut conn, message, parameters).await {
            Ok(response) => {
                self.keep(conn).await;
                Answer::accepted(&words_of(&response))
            }
            Err((step, failure)) => {
                let answer = judge(step, &failure);
                if failure.code.is_some() {
                    self.keep(conn).await;
                }
                answer
            }
        }
    }

    /// Connects, greets and signs in.
    pub(super) async fn check(&self) -> Result<(), String> {
        let conn = self.connection().await.map_err(|failure| failure.words)?;
        self.keep(conn).await;
        Ok(())
    }

    /// Says goodbye on the connections that are kept.
    pub(super) async fn close(&self) {
        for (mut conn, _) in self.resting.lock().await.drain(..) {
            let _ = tokio::time::timeout(Duration::from_secs(1), conn.quit()).await;
        }
    }

    /// Why there is no connection: the relay's own words, or which relay it is that did not speak.
    fn not_connected(&self, failure: Failure) -> String {
        match failure.code {
            Some(_) => failure.words,
            None => format!("{}: {}", self.name(), failure.words),
        }
    }

    /// A kept connection that still answers, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Failure> {
        while let Some((mut conn, since)) = self.take_resting().await {
            // RSET also wipes what a refused mail has left behind.
            if since.elapsed() < RESTED && self.timed(self.timeouts.command, conn.command(Rset)).await.is_ok()
            {
                return Ok(conn);
            }
        }
        self.connect().await
    }

    async fn take_resting(&self) -> Option<(AsyncSmtpConnection, Instant)> {
        self.resting.lock().await.pop()
    }

    async fn keep(&self, conn: AsyncSmtpConnection) {
        let mut resting = self.resting.lock().await;
        if !conn.has_broken() && resting.len() < KEPT {
            resting.push((conn, Instant::now()));
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let command = self.timeouts.command;
        let mut conn = match &self.security {
            Security::FromTheStart(tls) => self.connect_by_tls(tls.clone()).await?,
            Security::StartTls(_) | Security::Loopback(_) => self.connect_plainly().await?,
        };
        match &self.security {
            Security::StartTls(tls) => {
                if !conn.can_starttls() {
                    return Err(Failure::ours(
                        "the server offers no STARTTLS, and mail leaves this machine only encrypted",
                    ));
                }
                self.timed(command, conn.starttls(tls.clone(), &self.hello)).await?;
            }
            Security::Loopback(tls) if conn.can_starttls() => {
                self.timed(command, conn.starttls(tls.clone(), &self.hello)).await?;
            }
            Security::FromTheStart(_) | Security::Loopback(_) => {}
        }
        if let Some(credentials) = &self.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            self.timed(command, conn.auth(&mechanisms, credentials)).await?;
        }
        Ok(conn)
    }

    async fn connect_by_tls(&self, tls: TlsParameters) -> Result<AsyncSmtpConnection, Failure> {
        let Timeouts { connect, command, .. } = self.timeouts;
        let server = (self.host.as_str(), self.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, Some(connect), &self.hello, Some(tls), None);
        self.timed(connect + command, connecting).await
    }

    async fn connect_plainly(&self) -> Result<AsyncSmtpConnection, Failure> {
        let Timeouts { connect, command, .. } = self.timeouts;
        let dialling = TcpStream::connect((self.host.as_str(), self.port));
        let stream = match tokio::time::timeout(connect, dialling).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(cause)) => return Err(Failure::ours(&cause.to_string())),
            Err(_) => return Err(Failure::late(connect)),
        };
        // lettre writes the end of a mail by itself: Nagle's algorithm would hold it back for 40 ms each time.
        if let Err(cause) = stream.set_nodelay(true) {
            return Err(Failure::ours(&cause.to_string()));
        }
        let greeting = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello);
        self.timed(command, greeting).await
    }

    async fn converse(
        &self,
        conn: &mut AsyncSmtpConnection,
        message: &Message,
        parameters: Vec<MailParameter>,
    ) -> Result<Response, (Step, Failure)> {
        let Timeouts { command, content, .. } = self.timeouts;
        let at = |step| move |failure| (step, failure);
        let mail = Mail::new(Some(message.sender.clone()), parameters);
        self.timed(command, conn.command(mail)).await.map_err(at(Step::Sender))?;
        let rcpt = Rcpt::new(message.recipient.clone(), Vec::new());
        self.timed(command, conn.command(rcpt)).await.map_err(at(Step::Recipient))?;
        let go_ahead = self.timed(command, conn.command(Data)).await.map_err(at(Step::Data))?;
        expect(&go_ahead, Severity::PositiveIntermediate).map_err(at(Step::Data))?;
        let taken = self.timed(content, conn.message(&message.bytes)).await.map_err(at(Step::Content))?;
        expect(&taken, Severity::PositiveCompletion).map_err(at(Step::Content))?;
        Ok(taken)
    }

    async fn timed<T>(
        &self,
        limit: Duration,
        talk: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(limit, talk).await {
            Ok(result) => result.map_err(|error| Failure::of(&error)),
            Err(_) => Err(Failure::late(limit)),
        }
    }
}

fn expect(response: &Response, severity: Severity) -> Result<(), Failure> {
    if response.code().severity == severity {
        return Ok(());
    }
    Err(Failure::ours(&format!("an answer that does not belong here: {}", words_of(response))))
}

/// What the mail needs of the relay; a sentence when the relay does not offer it.
fn mail_parameters(
    conn: &AsyncSmtpConnection,
    message: &Message,
) -> Result<Vec<MailParameter>, &'static str> {
    let offered = |extension| conn.server_info().supports_feature(extension);
    let mut parameters = Vec::new();
    if !message.recipient.to_string().is_ascii() {
        if !offered(Extension::SmtpUtfEight) {
            return Err(
                "The address has letters other than ASCII, and the relay does not offer to take such (SMTPUTF8).",
            );
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !message.bytes.is_ascii() && offered(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

fn words_of(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    format!("{} {}", response.code(), lines.join(" "))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
