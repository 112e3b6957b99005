//! Running an operation of a store to its end on the thread that asks for it.

use tokio::runtime::Handle;

/// Outside of a runtime the operations of a folder do all their work in here. Those of a store over
/// the network need `runtime` to drive their connections.
pub(super) fn wait<T>(runtime: Option<&Handle>, work: impl Future<Output = T>) -> T {
    let _entered = runtime.map(Handle::enter);
    // A Tokio task that called this would run out of its budget, which comes back only when the
    // task goes back to the runtime, and would wait for ever.
    futures_executor::block_on(tokio::task::unconstrained(work))
}
