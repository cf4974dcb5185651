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
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

/// How long to wait for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why the tables could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The address makes no sense.
    #[error("the address is not of the form postgres://user:password@host/database")]
    Address,
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
            words.push_str("; make a dump instead, or add ?sslmode=disable on a network that you trust");
        }
        Self::Failed(words)
    }
}

/// Where it is, without who and with what: `postgres://host/database`.
pub fn place(url: &SecretString) -> String {
    let Ok(config) = url.expose_secret().parse::<Config>() else { return "postgres://".to_owned() };
    let host = config.get_hosts().first().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    format!("postgres://{}/{}", host.unwrap_or_default(), config.get_dbname().unwrap_or_default())
}

/// Each of `tables` as comma-separated values with a header, or `None` where there is no such table; at most `limit` bytes.
///
/// # Errors
/// Says what is wrong, never with what password.
pub async fn tables(url: &SecretString, tables: &[&str], limit: usize) -> Result<Vec<Option<Vec<u8>>>, PostgresError> {
    let mut config: Config = url.expose_secret().parse().map_err(|_| PostgresError::Address)?;
    config.connect_timeout(PATIENCE).application_name("rustops");
    let (client, connection) = config.connect(Tls::new()?).await?;
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

/// Encryption with the certificates that browsers trust.
#[derive(Clone)]
struct Tls(TlsConnector);

impl Tls {
    fn new() -> Result<Self, PostgresError> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| PostgresError::Failed(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
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
