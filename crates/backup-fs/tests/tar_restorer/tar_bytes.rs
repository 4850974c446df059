//! Archives written byte by byte, so that they can say what no tool would.

const BLOCK: usize = 512;

/// An archive being put together.
#[derive(Clone, Default)]
pub(crate) struct TarBytes(Vec<u8>);

impl TarBytes {
    /// Begins with the folder `docs`.
    pub(crate) fn docs() -> Self {
        Self::default().folder("docs/")
    }

    pub(crate) fn folder(self, path: &str) -> Self {
        self.member(b'5', path, "", 0, &[])
    }

    pub(crate) fn file(self, path: &str, contents: &str) -> Self {
        self.member(b'0', path, "", contents.len() as u64, contents.as_bytes())
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.member(b'2', path, target, 0, &[])
    }

    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        self.member(b'1', path, target, 0, &[])
    }

    pub(crate) fn of_kind(self, flag: u8, path: &str) -> Self {
        self.member(flag, path, "", 0, &[])
    }

    pub(crate) fn records(self, records: &[(&str, &str)]) -> Self {
        let bytes: Vec<u8> = records.iter().flat_map(|(key, value)| record(key, value)).collect();
        self.member(b'x', "extension", "", bytes.len() as u64, &bytes)
    }

    /// Adds a member that claims to have so many bytes, and has these.
    pub(crate) fn member(mut self, flag: u8, path: &str, link: &str, size: u64, contents: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        block[..path.len()].copy_from_slice(path.as_bytes());
        let mode: &[u8] = if flag == b'5' { b"0000755\0" } else { b"0000644\0" };
        block[100..108].copy_from_slice(mode);
        block[108..116].copy_from_slice(b"0000000\0");
        block[116..124].copy_from_slice(b"0000000\0");
        block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
        block[136..148].copy_from_slice(b"12345670123\0");
        block[156] = flag;
        block[157..157 + link.len()].copy_from_slice(link.as_bytes());
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[329..337].copy_from_slice(b"0000001\0");
        block[337..345].copy_from_slice(b"0000003\0");
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        self.0.extend_from_slice(&block);
        self.0.extend_from_slice(contents);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    /// Returns the bytes, with what marks their end.
    pub(crate) fn end(&self) -> Vec<u8> {
        [&self.0[..], &[0; 2 * BLOCK]].concat()
    }

    /// Returns the bytes as they are.
    pub(crate) fn cut(&self) -> Vec<u8> {
        self.0.clone()
    }
}

fn record(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let length = (rest.len()..).find(|length| length.to_string().len() + rest.len() == *length).unwrap();
    format!("{length}{rest}").into_bytes()
}
