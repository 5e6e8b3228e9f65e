//! Streams over loopback under faults.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

use super::{LinkFault, LinkState, Network, Port, Probability, Stream};

const LIMIT: Duration = Duration::from_secs(10);
/// Long enough for loopback, short enough for a test.
const NOTHING: Duration = Duration::from_millis(40);

/// A connection that a node opened to `peer`, and the far end of it.
async fn connected(network: &Network) -> (Stream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    network.name(address, "peer");
    let text = address.to_string();
    let (near, far) = tokio::join!(network.connect(&text, LIMIT), listener.accept());
    (near.unwrap(), far.unwrap().0)
}

fn to(fault: LinkFault) -> LinkState {
    LinkState { to: [("peer".to_owned(), fault)].into(), ..LinkState::default() }
}

fn from(fault: LinkFault) -> LinkState {
    LinkState { from: [("peer".to_owned(), fault)].into(), ..LinkState::default() }
}

async fn byte(stream: &mut (impl AsyncReadExt + Unpin)) -> u8 {
    timeout(LIMIT, stream.read_u8()).await.unwrap().unwrap()
}

async fn is_silent(stream: &mut (impl AsyncReadExt + Unpin)) -> bool {
    timeout(NOTHING, stream.read_u8()).await.is_err()
}

#[tokio::test]
async fn a_one_way_cut_loses_the_request_or_the_answer_and_a_heal_brings_it() {
    let network = Network::new();
    let (mut near, mut far) = connected(&network).await;
    network.set_faults(from(LinkFault::new().cut()));
    near.write_all(b"q").await.unwrap();
    assert_eq!(byte(&mut far).await, b'q', "the way there is whole");
    far.write_all(b"a").await.unwrap();
    assert!(is_silent(&mut near).await, "the way back is cut");
    network.set_faults(to(LinkFault::new().cut()));
    assert_eq!(byte(&mut near).await, b'a', "what waited passes");
    assert!(timeout(NOTHING, near.write_all(b"q")).await.is_err(), "the way there is cut");
    assert!(is_silent(&mut far).await);
    network.set_faults(LinkState::default());
    near.write_all(b"r").await.unwrap();
    assert_eq!(byte(&mut far).await, b'r');
}

/// The direction of the dial decides: a node that nobody hears cannot connect, but can be connected to.
#[tokio::test]
async fn a_dial_needs_the_way_there() {
    let network = Network::new();
    let (near, _far) = connected(&network).await;
    let address = near.peer_addr().unwrap().to_string();
    // Its listener is gone, so a dial that goes through is refused.
    network.set_faults(from(LinkFault::new().cut()));
    let refused = network.connect(&address, LIMIT).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    network.set_faults(to(LinkFault::new().cut()));
    assert_eq!(network.connect(&address, NOTHING).await.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    network.set_faults(to(LinkFault::new().drop(Probability::ALWAYS)));
    assert_eq!(network.connect(&address, NOTHING).await.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn both_ways_of_a_slow_link_take_their_time() {
    let network = Network::new();
    let (mut near, mut far) = connected(&network).await;
    let slow = LinkFault::new().delay(Duration::from_millis(60));
    network.set_faults(LinkState { from: from(slow).from, ..to(slow) });
    let echo = tokio::spawn(async move {
        let byte = far.read_u8().await.unwrap();
        far.write_u8(byte).await.unwrap();
        far
    });
    let start = Instant::now();
    near.write_u8(1).await.unwrap();
    assert_eq!(near.read_u8().await.unwrap(), 1);
    assert!(start.elapsed() >= Duration::from_millis(120), "{:?}", start.elapsed());
    echo.await.unwrap();
}

/// A sender that gives up does not take back what it sent: a write can arrive after its time-out.
#[tokio::test]
async fn what_was_sent_arrives_after_its_sender_is_gone() {
    let network = Network::new();
    let (mut near, mut far) = connected(&network).await;
    network.set_faults(to(LinkFault::new().delay(Duration::from_millis(50))));
    near.write_all(b"late").await.unwrap();
    drop(near);
    let mut text = Vec::new();
    timeout(LIMIT, far.read_to_end(&mut text)).await.unwrap().unwrap();
    assert_eq!(text, b"late");
}

#[tokio::test]
async fn a_lost_message_stalls_its_connection_until_it_is_reset() {
    let network = Network::new();
    for state in [to, from] {
        let (mut near, mut far) = connected(&network).await;
        network.set_faults(state(LinkFault::new().drop(Probability::ALWAYS)));
        near.write_all(b"q").await.unwrap();
        far.write_all(b"a").await.unwrap();
        let lost =
            if state(LinkFault::new()).to.is_empty() { is_silent(&mut near).await } else { is_silent(&mut far).await };
        assert!(lost, "the message is lost");
        network.set_faults(LinkState::default());
        // Where the request was lost the answer may still come, but the connection cannot go on.
        let mut rest = Vec::new();
        let error = timeout(LIMIT, near.read_to_end(&mut rest)).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
}

#[tokio::test]
async fn a_narrow_link_takes_its_time() {
    let network = Network::new();
    let (mut near, mut far) = connected(&network).await;
    network.set_faults(to(LinkFault::new().bandwidth(1_000_000)));
    let start = Instant::now();
    near.write_all(&vec![0; 100_000]).await.unwrap();
    let reader = async { far.read_exact(&mut vec![0; 100_000]).await.unwrap() };
    // The bytes are on their way as long as somebody waits for an answer.
    tokio::select! {
        _ = reader => {}
        answer = near.read_u8() => panic!("{answer:?}"),
    }
    assert!(start.elapsed() >= Duration::from_millis(95), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_port_that_refuses_ends_its_connections_and_comes_back() {
    let network = Network::new();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let mut listener = network.listen(tcp, Port::Http);
    let (far, near) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (mut far, mut near) = (far.unwrap(), near.unwrap());
    let serving = tokio::spawn(async move { listener.accept().await.map(drop) });
    let reading = tokio::spawn(async move { near.read_u8().await.map_err(|error| error.kind()) });
    tokio::task::yield_now().await;
    network.change_faults(|faults| faults.refused = [Port::Http].into());
    assert_eq!(reading.await.unwrap(), Err(std::io::ErrorKind::ConnectionReset), "an idle connection ends at once");
    assert_eq!(timeout(LIMIT, far.read(&mut [0])).await.unwrap().unwrap(), 0);
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, refused).await.unwrap();
    network.set_faults(LinkState::default());
    let back = async {
        while TcpStream::connect(address).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, back).await.unwrap();
    timeout(LIMIT, serving).await.unwrap().unwrap().unwrap();
}

/// As behind a packet filter: what was sent into a cut arrives with the next attempt after the heal.
#[tokio::test]
async fn retransmission_lets_things_pass_when_tcp_would_send_them_again() {
    let network = Network::new();
    network.retransmit(true);
    let (mut near, mut far) = connected(&network).await;
    network.set_faults(to(LinkFault::new().cut()));
    let began = Instant::now();
    let sender = tokio::spawn(async move {
        near.write_all(b"q").await.unwrap();
        near
    });
    // Given to the link before the heal, or the write would not know of the cut.
    assert!(is_silent(&mut far).await);
    network.set_faults(LinkState::default());
    assert_eq!(byte(&mut far).await, b'q');
    assert!(began.elapsed() >= Duration::from_millis(200), "{:?}", began.elapsed());
    // What no cut met is not held up.
    let mut near = timeout(LIMIT, sender).await.unwrap().unwrap();
    near.write_all(b"r").await.unwrap();
    assert_eq!(byte(&mut far).await, b'r');
    // The way back: the answer was sent into the cut.
    network.set_faults(from(LinkFault::new().cut()));
    far.write_all(b"a").await.unwrap();
    let began = Instant::now();
    assert!(is_silent(&mut near).await);
    network.set_faults(LinkState::default());
    assert_eq!(byte(&mut near).await, b'a');
    assert!(began.elapsed() >= Duration::from_millis(150), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_dial_into_a_cut_is_tried_again_after_a_second() {
    let network = Network::new();
    network.retransmit(true);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    network.name(address, "peer");
    network.set_faults(to(LinkFault::new().cut()));
    let (text, began) = (address.to_string(), Instant::now());
    let mut dial = std::pin::pin!(network.connect(&text, LIMIT));
    assert!(timeout(NOTHING, &mut dial).await.is_err(), "the way there is cut");
    network.set_faults(LinkState::default());
    assert!(dial.await.is_ok() && began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
}
