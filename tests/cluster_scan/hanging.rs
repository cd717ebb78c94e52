//! One pod that hangs must not hold up the others.

use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use crate::bed::TestBed;
use crate::scan::SHOP;
use crate::{PORT, pod, scan, servers};

#[tokio::test(flavor = "multi_thread")]
async fn one_hanging_pod_among_fifty_costs_its_deadline_once() {
    let bed = TestBed::start();
    let ns = bed.namespace("hanging").await;
    let mut plans = Vec::new();
    let ips: Vec<_> = (0..50).map(|_| bed.pod_ip()).collect();
    for (index, ip) in ips.iter().enumerate() {
        plans.push(
            pod(&ns, &format!("pod-{index:02}"))
                .label("set", "fifty")
                .ip(*ip),
        );
    }
    bed.start_pods(&plans).await;
    // The first one accepts and says nothing; the others are one server at 49 addresses each.
    let hanging = TcpListener::bind((ips[0], PORT)).await.unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = hanging.accept().await {
            kept.push(stream);
        }
    });
    let mut running = Vec::new();
    for ip in &ips[1..] {
        let at = format!("{ip}:{PORT}");
        running.push(
            tokio::task::spawn_blocking(move || {
                servers::start_at("go", &at, &["--variant", "shop"])
            })
            .await
            .unwrap(),
        );
    }
    let deadline = Duration::from_secs(4);
    for road in ["direct", "port-forward"] {
        let others = Instant::now();
        let all_but_one = scan(&[
            SHOP,
            "-n",
            &ns,
            "--connect",
            road,
            "-l",
            "app notin (pod-00)",
            "--pod-timeout",
            "4s",
        ]);
        let others = others.elapsed();
        assert_eq!(all_but_one.code, 0, "{}", all_but_one.stdout);
        assert_eq!(all_but_one.report()["summary"]["pods"], 49);

        let all = Instant::now();
        let scanned = scan(&[
            SHOP,
            "-n",
            &ns,
            "--connect",
            road,
            "--pod-timeout",
            "4s",
            "--concurrency",
            "4",
        ]);
        let all = all.elapsed();
        assert_eq!(scanned.code, 3, "{}", scanned.stdout);
        let report = scanned.report();
        assert_eq!(
            (&report["summary"]["pods"], &report["summary"]["unknown"]),
            (&50.into(), &1.into())
        );
        assert_eq!(scanned.workload("pod-00")["reason"]["kind"], "silent-tcp");
        assert_eq!(scanned.workload("pod-01")["verdict"], "SYNC");
        // Asked again, the pod would cost its deadline twice.
        assert!(
            all < deadline * 2 + others,
            "{road}: {all:?}, without the pod {others:?}"
        );
    }
}
