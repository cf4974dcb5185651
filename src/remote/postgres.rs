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

use futures_util::{
    StreamExt as _,
    future::{self, Either},
    pin_mut,
};
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

/// How long to wait for a connection, of which a host name may lead to several.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait for each answer once there is one, and for each further piece of a table.
const PATIENCE_FOR_AN_ANSWER: Duration = Duration::from_secs(60);

/// PostgreSQL's own.
const PORT: u16 = 5432;

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
    /// Nobody answers there, or somebody who does not go on.
    #[error(
        "{place} {what}. Is PostgreSQL running, and does it listen there for this machine? A dump made with pg_dump does as well"
    )]
    Silent {
        /// Host and port.
        place: String,
        /// What it does not do.
        what: String,
    },
    /// The server refused. Its words may be anything.
    #[error("{0}")]
    Failed(String),
}

impl PostgresError {
    fn of(error: &tokio_postgres::Error, place: &str) -> Self {
        if let Some(told) = error.as_db_error() {
            let next = match told.code() {
                code if *code == SqlState::INVALID_PASSWORD
                    || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION =>
                {
                    "; check user and password in the address"
                }
                code if *code == SqlState::INVALID_CATALOG_NAME => {
                    "; check the name of the database, the last part of the address"
                }
                code if *code == SqlState::INSUFFICIENT_PRIVILEGE => {
                    "; name a user in the address who may read these tables"
                }
                _ => "",
            };
            return Self::Failed(format!("{place} says: {}{next}", told.message()));
        }
        let mut causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
        if let Some(cause) = causes.clone().find_map(|cause| cause.downcast_ref::<io::Error>())
            && cause.kind() != io::ErrorKind::InvalidData
        {
            return Self::Silent { place: place.to_owned(), what: format!("cannot be reached ({cause})") };
        }
        let words = causes.try_fold(error.to_string(), |words, cause| Some(format!("{words}: {cause}")));
        let mut words = words.unwrap_or_default();
        if words.contains("certificate") {
            words.push_str(
                "; name the certificate that vouches for it by ?sslrootcert=FILE, or make a dump instead, or add ?sslmode=disable on a network that you trust",
            );
        }
        Self::Failed(format!("{place}: {words}"))
    }
}

/// Somebody's PostgreSQL, of whom answers are awaited.
struct Asked {
    /// As it is told in errors.
    place: String,
    patience: Duration,
}

impl Asked {
    /// Waits for an answer, but not for ever.
    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, PostgresError> {
        match tokio::time::timeout(self.patience, answer).await {
            Ok(answer) => answer.map_err(|error| PostgresError::of(&error, &self.place)),
            Err(_) => {
                let what = format!("did not answer within {} seconds", self.patience.as_secs());
                Err(PostgresError::Silent { place: self.place.clone(), what })
            }
        }
    }
}

/// Where it is, without who and with what: `postgres://host/database`.
pub fn place(url: &SecretString) -> String {
    let Ok((config, _)) = read(url) else { return "postgres://".to_owned() };
    format!("postgres://{}/{}", host(&config).unwrap_or_default(), config.get_dbname().unwrap_or_default())
}

fn host(config: &Config) -> Option<String> {
    config.get_hosts().first().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    })
}

/// Host and port, as they are told in errors.
fn host_and_port(config: &Config) -> String {
    let port = config.get_ports().first().copied().unwrap_or(PORT);
    format!("{} (port {port})", host(config).unwrap_or_else(|| "localhost".to_owned()))
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
    tables_within(url, tables, limit, PATIENCE_FOR_AN_ANSWER).await
}

async fn tables_within(
    url: &SecretString,
    tables: &[&str],
    limit: usize,
    patience: Duration,
) -> Result<Vec<Option<Vec<u8>>>, PostgresError> {
    let (mut config, roots) = read(url)?;
    config.connect_timeout(PATIENCE).application_name("rustops");
    let asked = &Asked { place: host_and_port(&config), patience };
    let (client, connection) = asked.in_time(config.connect(Tls::new(roots.as_deref())?)).await?;
    let reading = async {
        let client = client;
        asked.in_time(client.batch_execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")).await?;
        let mut found = Vec::new();
        for name in tables {
            let kept: usize = found.iter().flatten().map(Vec::len).sum();
            found.push(table(asked, &client, name, limit.saturating_sub(kept)).await?);
        }
        Ok::<_, PostgresError>(found)
    };
    // The connection comes to its end when the client is gone; where the other side does not see to that, nobody waits for it.
    pin_mut!(connection, reading);
    match future::select(reading, connection).await {
        Either::Left((found, _)) => found,
        Either::Right((Ok(()), reading)) => reading.await,
        Either::Right((Err(error), _)) => Err(PostgresError::of(&error, &asked.place)),
    }
}

async fn table(asked: &Asked, client: &Client, name: &str, limit: usize) -> Result<Option<Vec<u8>>, PostgresError> {
    let sql = format!("COPY {name} TO STDOUT WITH (FORMAT csv, HEADER)");
    let copy = async {
        match client.copy_out(&sql).await {
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
            rows => rows.map(Some),
        }
    };
    let Some(rows) = asked.in_time(copy).await? else { return Ok(None) };
    pin_mut!(rows);
    let mut bytes = Vec::new();
    while let Some(chunk) = asked.in_time(async { rows.next().await.transpose() }).await? {
        bytes.extend_from_slice(&chunk);
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

    /// What comes of asking at this port for `old`.
    async fn asked(port: u16) -> String {
        let url = SecretString::from(format!("postgres://zoe:s3cret@127.0.0.1:{port}/old?sslmode=disable"));
        let patience = Duration::from_millis(200);
        let told = tables_within(&url, &["groups"], 1000, patience).await.unwrap_err().to_string();
        assert!(!told.contains("s3cret") && !told.contains("zoe"), "{told}");
        told
    }

    #[tokio::test]
    async fn where_nobody_listens_host_and_port_are_told_and_what_to_do() {
        let told = asked(1).await;
        assert!(told.starts_with("127.0.0.1 (port 1) cannot be reached"), "{told}");
        assert!(told.contains("Is PostgreSQL running") && told.contains("pg_dump"), "{told}");
    }

    #[tokio::test]
    async fn whoever_is_silent_after_connecting_is_not_waited_for_for_ever() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let told = asked(port).await;
        assert!(told.starts_with(&format!("127.0.0.1 (port {port}) did not answer")), "{told}");
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
