//! A DNS server on loopback that says what it is told to say about each name.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};

/// What it says about a name; of names that it was told nothing about, that they do not exist.
#[derive(Clone, Debug)]
pub enum Says {
    /// TXT records, each in pieces of 255 bytes; when they do not fit into a datagram, over TCP alone.
    Txt(Vec<Vec<u8>>),
    /// The records stand at another name.
    Alias(&'static str, &'static str),
    /// TXT records of another name, which was not asked for.
    OfAnother(&'static str, &'static str),
    /// The name is there, without such records.
    NoData,
    /// A response code without records, such as 2 (SERVFAIL).
    Code(u8),
    /// Nothing.
    Nothing,
    /// These bytes, behind the id of the question.
    Bytes(Vec<u8>),
}

/// TXT records.
pub fn txt(records: &[&str]) -> Says {
    Says::Txt(records.iter().map(|text| text.as_bytes().to_vec()).collect())
}

type Zone = Arc<HashMap<String, Says>>;

/// Starts it; it ends with the test.
pub async fn dns_server<const N: usize>(zone: [(&str, Says); N]) -> SocketAddr {
    let zone: Zone = Arc::new(zone.into_iter().map(|(name, says)| (name.to_owned(), says)).collect());
    // The same port for both, as far as the machine has it free.
    let (udp, tcp) = loop {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
            break (udp, tcp);
        }
    };
    let address = udp.local_addr().unwrap();
    tokio::spawn(by_udp(udp, zone.clone()));
    tokio::spawn(by_tcp(tcp, zone));
    address
}

async fn by_udp(socket: UdpSocket, zone: Zone) {
    let mut question = [0; 512];
    while let Ok((length, from)) = socket.recv_from(&mut question).await {
        if let Some(mut answer) = answer(&question[..length], &zone) {
            if answer.len() > 1232 {
                // Cut off: ask by TCP (the bit TC).
                answer.truncate(12 + question_length(&question));
                answer[2] |= 0x02;
                answer[6..12].fill(0);
            }
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

async fn by_tcp(listener: TcpListener, zone: Zone) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let zone = zone.clone();
        tokio::spawn(async move {
            while let Ok(length) = stream.read_u16().await {
                let mut question = vec![0; usize::from(length)];
                stream.read_exact(&mut question).await.unwrap();
                let Some(answer) = answer(&question, &zone) else { continue };
                stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
                stream.write_all(&answer).await.unwrap();
            }
        });
    }
}

/// The labels of the question, and the two numbers behind them.
fn question_length(question: &[u8]) -> usize {
    let mut at = 12;
    while question[at] != 0 {
        at += 1 + usize::from(question[at]);
    }
    at + 5 - 12
}

fn asked(question: &[u8]) -> String {
    let mut labels = Vec::new();
    let mut at = 12;
    while question[at] != 0 {
        let length = usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..=at + length]).to_ascii_lowercase());
        at += 1 + length;
    }
    labels.join(".")
}

/// RFC 1035 section 4.
fn answer(question: &[u8], zone: &Zone) -> Option<Vec<u8>> {
    let says = zone.get(&asked(question)).cloned().unwrap_or(Says::Code(3));
    let (code, records) = match says {
        Says::Nothing => return None,
        Says::Bytes(bytes) => return Some([&question[..2], &bytes].concat()),
        Says::Code(code) => (code, Vec::new()),
        Says::NoData => (0, Vec::new()),
        Says::Txt(texts) => (0, texts.iter().map(|text| record(&[0xc0, 12], 16, &pieces(text))).collect()),
        Says::OfAnother(name, text) => (0, vec![record(&wire(name), 16, &pieces(text.as_bytes()))]),
        Says::Alias(name, text) => {
            (0, vec![record(&[0xc0, 12], 5, &wire(name)), record(&wire(name), 16, &pieces(text.as_bytes()))])
        }
    };
    let mut answer = question[..2].to_vec();
    answer.extend([0x81, 0x80 | code, 0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
    answer.extend(&question[12..12 + question_length(question)]);
    answer.extend(records.concat());
    Some(answer)
}

/// Owner, type, class IN, a minute to live, length, data.
fn record(owner: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [owner, &[0, kind, 0, 1, 0, 0, 0, 60], &length, data].concat()
}

fn wire(name: &str) -> Vec<u8> {
    let labels = name
        .split('.')
        .flat_map(|label| std::iter::once(u8::try_from(label.len()).unwrap()).chain(label.bytes()));
    labels.chain([0]).collect()
}

fn pieces(text: &[u8]) -> Vec<u8> {
    text.chunks(255).flat_map(|piece| [&[u8::try_from(piece.len()).unwrap()], piece].concat()).collect()
}
