//! Folding a comment whose failure is over, as a person would hide it as resolved, and showing it
//! again. Only GraphQL can: `minimizeComment` and `unminimizeComment`,
//! <https://docs.github.com/en/graphql/reference/mutations#minimizecomment>.

use serde_json::json;

use super::client::{Client, Failure};

const FOLD: &str = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: RESOLVED}) { minimizedComment { isMinimized } } }";
const SHOW: &str = "mutation($id: ID!) { unminimizeComment(input: {subjectId: $id}) { unminimizedComment { isMinimized } } }";

/// Folds the comment with this node id, or shows it again. Both may be done twice.
pub(super) async fn fold(client: &Client, node_id: &str, folded: bool) -> Result<(), Failure> {
    let query = if folded { FOLD } else { SHOW };
    client.graphql(query, &json!({"id": node_id})).await
}
