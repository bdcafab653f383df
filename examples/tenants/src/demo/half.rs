//! A client that is slow: it sends half of a request, and the rest later.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

const BODY: &str = r#"{"title": "Written slowly"}"#;

/// A request of which half has been sent.
pub(crate) struct HalfRequest {
    stream: TcpStream,
}

impl HalfRequest {
    /// Sends the head of a tenant's request, and half of its body.
    pub(crate) async fn begin(address: SocketAddr, tenant: &str) -> anyhow::Result<Self> {
        let length = BODY.len();
        let head = format!(
            "POST /notes HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nx-tenant-id: {tenant}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&BODY.as_bytes()[..length / 2]).await?;
        Ok(Self { stream })
    }

    /// Sends the rest, and reads the answer until the server hangs up.
    pub(crate) async fn finish(mut self) -> anyhow::Result<()> {
        self.stream.write_all(&BODY.as_bytes()[BODY.len() / 2..]).await?;
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await?;
        ensure!(answer.starts_with("HTTP/1.1 201"), "a slow request got the answer {answer:?}");
        Ok(())
    }
}

/// Waits until nobody can connect any more.
pub(crate) async fn refused(address: SocketAddr) {
    while TcpStream::connect(address).await.is_ok() {
        sleep(Duration::from_millis(1)).await;
    }
}
