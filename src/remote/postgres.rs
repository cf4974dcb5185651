//! Somebody's PostgreSQL, read once for an import: whole tables as comma-separated values.
//!
//! Only reads. What the tables mean is known elsewhere. The address holds a password and is never told.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{StreamExt as _, future, pin_mut};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::{
    Client, Config,
    config::Host,
    error::SqlState,
    tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream},
};
use tokio_rustls::{
    TlsConnector, client,
    rustls::{
        self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
        client::{
            WebPkiServerVerifier,
            danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        },
        crypto::ring,
        pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    },
};

/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why the tables could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The address makes no sense.
    #[error("the address is not of the form postgres://user:password@host/database")]
    Address,
    /// The file that `sslrootcert` names holds no certificate.
    #[error("{path}, named by sslrootcert, cannot be read as certificates in PEM form")]
    Certificates {
        /// The file.
        path: String,
    },
    /// There are more bytes than may be kept.
    #[error("it holds too much")]
    TooLarge,
    /// The server refused, or could not be reached. Its words may be anything.
    #[error("{0}")]
    Failed(String),
}

impl From<tokio_postgres::Error> for PostgresError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(told) = error.as_db_error() {
            return Self::Failed(told.message().to_owned());
        }
        let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
        let mut words = causes.fold(error.to_string(), |words, cause| format!("{words}: {cause}"));
        if words.contains("certificate") {
            words.push_str(
                "; name the certificate that vouches for it by ?sslrootcert=FILE, or make a dump instead, or add ?sslmode=disable on a network that you trust",
            );
        }
        Self::Failed(words)
    }
}

/// Where it is, without who and with what: `postgres://host/database`.
pub fn place(url: &SecretString) -> String {
    let Ok((config, _)) = read(url) else { return "postgres://".to_owned() };
    let host = config.get_hosts().first().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    format!("postgres://{}/{}", host.unwrap_or_default(), config.get_dbname().unwrap_or_default())
}

/// The address, and the file that its `sslrootcert` names, which the library does not know. Certificates are always verified,
/// so that libpq's `verify-ca` and `verify-full` ask for no more than `require` does here.
fn read(url: &SecretString) -> Result<(Config, Option<String>), PostgresError> {
    let url = url.expose_secret();
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut roots = None;
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslrootcert", _)) => {
                let read = url::form_urlencoded::parse(pair.as_bytes()).next();
                roots = read.map(|(_, path)| path.into_owned());
            }
            Some(("sslmode", "verify-ca" | "verify-full")) => rest.push("sslmode=require"),
            _ => rest.push(pair),
        }
    }
    let config = format!("{address}?{}", rest.join("&")).parse().map_err(|_| PostgresError::Address)?;
    Ok((config, roots.filter(|path| path != "system")))
}

/// Each of `tables` as comma-separated values with a header, or `None` where there is no such table; at most `limit` bytes.
///
/// # Errors
/// Says what is wrong, never with what password.
pub async fn tables(url: &SecretString, tables: &[&str], limit: usize) -> Result<Vec<Option<Vec<u8>>>, PostgresError> {
    let (mut config, roots) = read(url)?;
    config.connect_timeout(PATIENCE).application_name("rustops");
    let (client, connection) = config.connect(Tls::new(roots.as_deref())?).await?;
    let reading = async {
        let client = client;
        client.batch_execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY").await?;
        let mut found = Vec::new();
        for name in tables {
            let kept: usize = found.iter().flatten().map(Vec::len).sum();
            found.push(table(&client, name, limit.saturating_sub(kept)).await?);
        }
        Ok::<_, PostgresError>(found)
    };
    // The connection comes to its end when the client is gone.
    let (connection, found) = future::join(connection, reading).await;
    let found = found?;
    connection?;
    Ok(found)
}

async fn table(client: &Client, name: &str, limit: usize) -> Result<Option<Vec<u8>>, PostgresError> {
    let copy = client.copy_out(&format!("COPY {name} TO STDOUT WITH (FORMAT csv, HEADER)")).await;
    let rows = match copy {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(None),
        rows => rows?,
    };
    pin_mut!(rows);
    let mut bytes = Vec::new();
    while let Some(chunk) = rows.next().await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() > limit {
            return Err(PostgresError::TooLarge);
        }
    }
    Ok(Some(bytes))
}

/// Encryption with the certificates that browsers trust, or with those of a file alone.
#[derive(Clone)]
struct Tls(TlsConnector);

impl Tls {
    fn new(roots: Option<&str>) -> Result<Self, PostgresError> {
        let failed = |error: &dyn std::error::Error| PostgresError::Failed(error.to_string());
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?;
        let config = match roots {
            Some(path) => config.dangerous().with_custom_certificate_verifier(Arc::new(Known::read(path)?)),
            None => config.with_root_certificates(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }),
        };
        Ok(Self(TlsConnector::from(Arc::new(config.with_no_client_auth()))))
    }
}

/// Trusts whatever the certificates of a file vouch for, and these themselves: a certificate that a server made for itself,
/// as PostgreSQL's manual shows, vouches for nobody else.
#[derive(Debug)]
struct Known {
    certificates: Vec<CertificateDer<'static>>,
    vouched: Arc<WebPkiServerVerifier>,
}

impl Known {
    fn read(path: &str) -> Result<Self, PostgresError> {
        let wrong = || PostgresError::Certificates { path: path.to_owned() };
        let read = CertificateDer::pem_file_iter(path).map_err(|_| wrong())?;
        let certificates: Vec<_> = read.collect::<Result<_, _>>().map_err(|_| wrong())?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().cloned());
        let vouched =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider())).build();
        Ok(Self { certificates, vouched: vouched.map_err(|_| wrong())? })
    }
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        status: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.certificates.iter().any(|known| known.as_ref() == shown.as_ref()) {
            return Ok(ServerCertVerified::assertion());
        }
        self.vouched.verify_server_cert(shown, others, name, status, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.vouched.verify_tls12_signature(message, shown, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.vouched.verify_tls13_signature(message, shown, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.vouched.supported_verify_schemes()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Encrypted<S>;
    type TlsConnect = Handshake;
    type Error = io::Error;

    fn make_tls_connect(&mut self, domain: &str) -> io::Result<Handshake> {
        let name = ServerName::try_from(domain.to_owned()).map_err(io::Error::other);
        Ok(Handshake { connector: self.0.clone(), name })
    }
}

struct Handshake {
    connector: TlsConnector,
    /// A socket's path is no name, and is never encrypted either.
    name: io::Result<ServerName<'static>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Handshake {
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move { Ok(Encrypted(self.connector.connect(self.name?, stream).await?)) })
    }
}

struct Encrypted<S>(client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_certificates_is_taken_out_of_the_address() {
        let read =
            |url: &str| super::read(&SecretString::from(url)).map(|(config, roots)| (config.get_ssl_mode(), roots));
        let require = tokio_postgres::config::SslMode::Require;
        let url = "postgres://ann:s3cret@host/old?sslmode=verify-full&sslrootcert=%2Fhome%2Fann%2Fmy+ca.pem";
        assert_eq!(read(url).unwrap(), (require, Some("/home/ann/my ca.pem".to_owned())));
        assert_eq!(read("postgres://host/old?sslrootcert=system&sslmode=require").unwrap(), (require, None));
        assert!(read("postgres://host/old?sslmode=nonsense").is_err());
    }

    #[test]
    fn a_file_without_certificates_is_told_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "nothing").unwrap();
        for path in [empty.to_str().unwrap(), "/nowhere/ca.pem"] {
            let told = Known::read(path).unwrap_err().to_string();
            assert!(told.starts_with(path), "{told}");
        }
    }
}
