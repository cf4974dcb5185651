//! Stories of looking: who is on, which groups there are, what a player did.

use rustops::sim::cast;

use crate::stage::Stage;

#[tokio::test]
async fn a_check_tells_who_is_on_first() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &cast::PURPLE_BASE).await;
    let check = ann.types("/group check group:Purple Base").await;
    insta::assert_snapshot!(check.text());
    assert!(check.was_deferred() && !check.is_ephemeral());
    let list = ann.types("/group list").await;
    insta::assert_snapshot!(list.text());
    assert!(!list.was_deferred());
}
