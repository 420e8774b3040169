//! Links the program at a fixed address. Starlark brings 70,000 pointers in
//! tables, and where the address is chosen at start, each of them is set at
//! every start: a millisecond that a run with nothing to do can feel.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    // With another C library the start of the program may be another for it.
    if (target("OS").as_str(), target("ENV").as_str()) == ("linux", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
