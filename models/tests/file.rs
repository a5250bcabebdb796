//! Files that the user names: their size and kind are looked at before they are read.

use cospike_models::file::{FileError, read, read_text};

#[test]
fn a_file_is_read_up_to_its_limit_and_as_text_only_in_utf8() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let text = write("text", "ä\nb".as_bytes());
    assert_eq!(read(&text, 4).unwrap(), "ä\nb".as_bytes());
    assert_eq!(read_text(&text, 4).unwrap(), "ä\nb");
    let message = format!("{} has 4 bytes; at most 3 are read: is it the right file?", text.display());
    assert_eq!(read_text(&text, 3).unwrap_err().to_string(), message);
    let latin = write("latin", b"a = 1\n\xc3\xa4b = \"\xe4\"\n");
    let message = format!("{}, line 2, column 7: this is not UTF-8 text; save the file in UTF-8", latin.display());
    assert_eq!(read_text(&latin, 100).unwrap_err().to_string(), message);
    // Larger than any memory, and nowhere on the disk.
    let sparse = std::fs::File::create(folder.path().join("sparse")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    assert!(matches!(
        read(&folder.path().join("sparse"), 1 << 20),
        Err(FileError::TooLarge { size: 0x100_0000_0000, .. })
    ));
    assert!(matches!(read(folder.path(), 9), Err(FileError::NotAFile { .. })));
    assert!(matches!(read(&folder.path().join("absent"), 9), Err(FileError::Read { .. })));
}
