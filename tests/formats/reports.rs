//! The reports that these tests render: one with everything that a report can have, and others.

use std::collections::BTreeMap;
use std::sync::Arc;

use protodiff::core::assemble::assemble;
use protodiff::core::change::{Change, ChangeKind, Direction, MethodReach};
use protodiff::core::compare::Comparison;
use protodiff::core::inputs::{AgainstBaseline, Compared, Gap, Inputs, PodResult};
use protodiff::core::observation::{Reason, ReasonKind};
use protodiff::core::policy::{Ignore, Policy};
use protodiff::core::report::{Report, Timing, TruthUsed};
use protodiff::core::schema::Location;
use protodiff::core::target::{Address, Target, VersionKey, WorkloadRef};

pub(crate) const PAYMENTS: &str = "acme.payment.v1.PaymentService";

/// A difference; methods are `Name` or `Name:request` of the payment service.
pub(crate) fn change(
    kind: ChangeKind,
    subject: &str,
    sides: (Option<&str>, Option<&str>),
    at: Option<u32>,
    methods: &[(&str, Direction)],
) -> Change {
    Change {
        kind,
        subject: subject.into(),
        server: sides.0.map(str::to_owned),
        client: sides.1.map(str::to_owned),
        location: at.map(|line| Location {
            file: "proto/acme/payment/v1/payment.proto".into(),
            line,
        }),
        methods: methods
            .iter()
            .map(|(name, direction)| MethodReach {
                name: format!("{PAYMENTS}/{name}"),
                direction: *direction,
            })
            .collect(),
    }
}

pub(crate) fn comparison(changes: Vec<Change>) -> Comparison {
    Comparison {
        common: vec![PAYMENTS.into(), "grpc.health.v1.Health".into()],
        changes,
        ..Comparison::default()
    }
}

/// A pod of a deployment in the namespace `shop`.
pub(crate) fn pod(
    workload: &str,
    image: &str,
    name: &str,
    outcome: Result<Compared, Reason>,
) -> PodResult {
    PodResult {
        target: Target {
            workload: WorkloadRef {
                namespace: "shop".into(),
                kind: "Deployment".into(),
                name: workload.into(),
            },
            version: VersionKey {
                images: vec![image.into()],
                digests: vec![format!("sha256:{:064x}", image.len())],
                template: format!("{:08x}", image.len() * 7_919),
            },
            name: name.into(),
            address: Address::Pod {
                namespace: "shop".into(),
                name: name.into(),
                ip: None,
            },
            ports: Vec::new(),
            entry: None,
            module: None,
            service: String::new(),
        },
        module: "proto".into(),
        port: Some((9090, "container port named grpc".into())),
        outcome,
    }
}

pub(crate) fn compared(comparison: Comparison) -> Compared {
    Compared {
        comparison: Arc::new(comparison),
        ..Compared::default()
    }
}

fn missing_method() -> Change {
    change(
        ChangeKind::MethodMissing,
        &format!("{PAYMENTS}/CancelOrder"),
        (
            None,
            Some(
                "rpc CancelOrder(acme.payment.v1.CancelOrderRequest) returns (acme.payment.v1.Order)",
            ),
        ),
        Some(21),
        &[("CancelOrder", Direction::Both)],
    )
}

fn narrower_type() -> Change {
    change(
        ChangeKind::FieldTypeChanged,
        "acme.payment.v1.Money.units",
        (Some("string units = 2"), Some("int64 units = 2")),
        Some(48),
        &[
            ("Authorize", Direction::Both),
            ("Capture", Direction::Request),
            ("Refund", Direction::Response),
        ],
    )
}

fn missing_field(name: &str, line: u32) -> Change {
    change(
        ChangeKind::FieldMissing,
        &format!("acme.payment.v1.CaptureRequest.{name}"),
        (None, Some(&format!("string {name} = {line}"))),
        Some(line),
        &[("Capture", Direction::Request)],
    )
}

fn deprecated() -> Change {
    change(
        ChangeKind::DeprecationChanged,
        "acme.payment.v1.Card.cvv",
        (
            Some("string cvv = 3"),
            Some("string cvv = 3 [deprecated = true]"),
        ),
        Some(60),
        &[("Authorize", Direction::Request)],
    )
}

fn undocumented() -> Change {
    change(
        ChangeKind::MethodUndocumented,
        &format!("{PAYMENTS}/DebugDump"),
        (
            Some("rpc DebugDump(google.protobuf.Empty) returns (acme.payment.v1.Dump)"),
            None,
        ),
        None,
        &[("DebugDump", Direction::Both)],
    )
}

fn policy() -> Policy {
    let ignore = |rule: &str, subject: &str, reason: &str, until: Option<&str>, line: u32| {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let until = until.map(|day| day.parse().unwrap());
        let origin = format!(".protodiff.yaml:{line}");
        Ignore::new(some(rule), some(subject), reason.into(), until, origin).unwrap()
    };
    Policy {
        levels: BTreeMap::new(),
        ignores: vec![
            ignore(
                "field-missing",
                "*.legacy_id",
                "taken out on purpose, see `PAY-1423`",
                Some("2030-01-31"),
                12,
            ),
            ignore(
                "field-missing",
                "*.trace",
                "until the next rollout",
                Some("2020-05-01"),
                17,
            ),
            ignore("", "acme.payment.v1.Gone", "was renamed", None, 22),
        ],
        today: "2026-01-01".parse().unwrap(),
    }
}

/// What the payment service's new version has.
fn new_version() -> Comparison {
    Comparison {
        server_only: vec!["acme.debug.v1.Profiler".into()],
        client_only: vec!["acme.payment.v1.DisputeService".into()],
        ..comparison(vec![
            missing_method(),
            narrower_type(),
            missing_field("note", 33),
            missing_field("legacy_id", 34),
            missing_field("trace", 35),
            deprecated(),
            undocumented(),
        ])
    }
}

fn truth() -> TruthUsed {
    TruthUsed {
        source: "proto".into(),
        resolved: "/src/shop/proto (buf.yaml)".into(),
    }
}

/// A report with everything in it; with a baseline, some of it was there before.
pub(crate) fn everything(with_baseline: bool) -> Report {
    let baseline = || {
        with_baseline.then(|| AgainstBaseline {
            comparison: Arc::new(comparison(vec![
                missing_field("note", 33),
                missing_field("amount_cents", 36),
            ])),
            breaking: None,
        })
    };
    let new = || Compared {
        baseline: baseline(),
        expect: vec!["acme.payment.v1.DisputeService".into()],
        notes: vec!["2 files lack their source info".into()],
        ..compared(new_version())
    };
    let old = || Compared {
        baseline: baseline(),
        ..compared(comparison(vec![missing_field("note", 33)]))
    };
    let (v1, v2) = (
        "registry.example/payment:1.8.2",
        "registry.example/payment:1.9.0-rc.1",
    );
    let no_reflection = Reason::new(
        ReasonKind::NoReflection,
        "the server speaks gRPC and has no reflection service",
    )
    .with_hint("enable server reflection:\n  Go    reflection.Register(server)\n  Java  builder.addService(ProtoReflectionServiceV1.newInstance())");
    let forbidden = Reason::new(
        ReasonKind::Forbidden,
        "user `ci` may not create `pods/portforward` in namespace `shop`",
    )
    .with_hint("grant it with a Role");
    let inputs = Inputs {
        pods: vec![
            pod("payment", v1, "payment-5d9c-aaaaa", Ok(old())),
            pod("payment", v1, "payment-5d9c-bbbbb", Ok(old())),
            pod("payment", v2, "payment-7f44-ccccc", Ok(new())),
            pod("payment", v2, "payment-7f44-ddddd", Err(forbidden)),
            pod("payment-canary", v2, "payment-canary-0", Ok(new())),
            pod(
                "ledger",
                "registry.example/ledger:3",
                "ledger-0",
                Ok(compared(comparison(Vec::new()))),
            ),
            pod(
                "invoice",
                "registry.example/invoice:7",
                "invoice-1",
                Err(no_reflection.clone()),
            ),
            pod(
                "invoice",
                "registry.example/invoice:7",
                "invoice-2",
                Err(no_reflection),
            ),
        ],
        gaps: vec![Gap {
            workload: WorkloadRef {
                namespace: "shop".into(),
                kind: "Selection".into(),
                name: "app=fraud".into(),
            },
            module: "buf.build/acme/fraud".into(),
            reason: Reason::new(ReasonKind::NoPods, "no pod matches app=fraud")
                .with_hint("check the labels"),
        }],
        truths: vec![truth()],
        notes: vec!["3 pods of finished jobs were left out".into()],
        policy: policy(),
        baseline: with_baseline.then(|| TruthUsed {
            source: "git:merge-base(origin/main):proto".into(),
            resolved: "4f1c2d9e7b of git".into(),
        }),
        ..Inputs::default()
    };
    let mut report = assemble(inputs);
    report.timing = Timing {
        discover_ms: 412,
        reflect_ms: 1_870,
        truth_ms: 95,
        compare_ms: 7,
        total_ms: 2_113,
    };
    report
}

/// One workload in which nothing differs.
pub(crate) fn in_sync() -> Report {
    assemble(Inputs {
        pods: vec![pod(
            "ledger",
            "l:1",
            "ledger-0",
            Ok(compared(comparison(Vec::new()))),
        )],
        truths: vec![truth()],
        ..Inputs::default()
    })
}

/// Nothing at all.
pub(crate) fn nothing() -> Report {
    assemble(Inputs::default())
}

/// So many findings in one pod, the first of them with a message of this length.
pub(crate) fn many(findings: usize, long: usize) -> Report {
    let mut changes: Vec<Change> = (0..findings)
        .map(|index| missing_field(&format!("f{index}"), u32::try_from(index).unwrap() + 1))
        .collect();
    if let Some(first) = changes.first_mut() {
        first.client = Some("x".repeat(long));
        first.kind = ChangeKind::MethodMissing;
    }
    assemble(Inputs {
        pods: vec![pod(
            "payment",
            "p:1",
            "payment-0",
            Ok(compared(comparison(changes))),
        )],
        truths: vec![truth()],
        ..Inputs::default()
    })
}
