//! Stores from outside: a model beside the files, disks that fail, hostile folders, outside hands, crowds.

#![expect(clippy::disallowed_methods, reason = "these tests break files by hand")]

#[cfg(test)]
mod changes;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod locks;
#[cfg(test)]
mod log;
#[cfg(test)]
mod model;
#[cfg(test)]
mod repair;
#[cfg(test)]
mod support;
#[cfg(test)]
#[path = "../trial/mod.rs"]
mod trial;
