//! What to do about a destination that doesn't work.

use backup_core::model::destination::DestinationFault;

/// Returns what to do about a failure, where there is something to do.
pub(crate) fn destination_hint(fault: DestinationFault) -> Option<&'static str> {
    Some(match fault {
        DestinationFault::NoPlace => {
            "make the folder or the bucket, or mount the disk: a destination is never made by itself"
        }
        DestinationFault::Denied => {
            "give these credentials the right to list, to read and to write there; docs/offsite.md lists the rights"
        }
        DestinationFault::BadCredentials => {
            "check the credentials; docs/offsite.md says where they are looked for"
        }
        DestinationFault::Full => "make room there, or raise the quota",
        DestinationFault::Unreachable => {
            "check the network, the address and the port, and whether the server runs"
        }
        DestinationFault::NameResolution => "check the name of the host, and the network",
        DestinationFault::WrongHost => {
            "connect once by hand, and compare the identity of the host with the one that its owner tells"
        }
        DestinationFault::ClockSkew => {
            "set the clock of this machine: `timedatectl` shows whether it is in step"
        }
        DestinationFault::Busy => "try again later: the server is busy or asks for fewer requests",
        DestinationFault::BadSettings => "correct [destinations.NAME] in backup_manager.toml",
        DestinationFault::Damaged => {
            "don't rely on this destination: it returns other bytes than it was given"
        }
        _ => return None,
    })
}
