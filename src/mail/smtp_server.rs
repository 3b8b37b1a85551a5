//! Which SMTP server mail goes to, and which certificates it may show.

use std::{fmt, path::Path};

use lettre::transport::smtp::client::Certificate;
use url::Url;

/// An SMTP server.
#[derive(Clone)]
pub struct SmtpServer {
    /// `smtp://` or `smtps://`, as [`super::parse_smtp_url`] has accepted it.
    pub url: Url,
    /// Authorities that are trusted besides those of the web.
    pub(super) authorities: Option<Certificate>,
}

impl SmtpServer {
    /// A server whose certificate is signed by an authority of the web.
    pub(super) fn new(url: Url) -> Self {
        Self { url, authorities: None }
    }

    /// The same, trusting the authorities in a PEM file as well.
    ///
    /// # Errors
    /// A sentence when the file cannot be read or holds no certificate.
    pub fn trusting(mut self, file: &Path) -> Result<Self, String> {
        let refused = |why: &str| {
            format!(
                "The certificates in {} cannot be used: {why}. ROLLCALL_SMTP_CA names a PEM file with one or more certificates, such as /etc/ssl/certs/ca-certificates.crt.",
                file.display()
            )
        };
        let pem = std::fs::read(file).map_err(|cause| refused(&cause.to_string()))?;
        if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
            return Err(refused("there is no certificate in it"));
        }
        let certificates = Certificate::from_pem(&pem).map_err(|cause| refused(&cause.to_string()))?;
        self.authorities = Some(certificates);
        Ok(self)
    }
}

/// The password is not shown.
impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.url.scheme(), self.url.host_str().unwrap_or_default())?;
        self.url.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}
