//! Servers whose reflection is odd, broken or hostile. Every one of them ends as a verdict with its
//! reason: never a panic, never a hang, never green by mistake.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[allow(dead_code, reason = "shared by several test targets")]
#[path = "../support/scan.rs"]
mod scan;

mod answers;
mod broken;
mod credentials;
mod limits;
mod odd;
mod printing;
mod proxy;
mod schema;
mod scripted;
mod versions;

use schema::Shop;
use scripted::{Act, Server};

/// The service that most tests ask for.
const ORDERS: &str = "shop.orders.v1.OrderService";
/// The other one.
const PAYMENTS: &str = "shop.payments.v1.PaymentService";
