/** Files of a drop, folders opened however deep, up to a limit. */
const MAX_FILES = 10_000;

export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  // entries must be taken before the first await: the transfer is emptied then
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files];
  const found: File[] = [];
  const waiting: FileSystemEntry[] = entries;
  for (let entry = waiting.shift(); entry && found.length < MAX_FILES; entry = waiting.shift()) {
    if (isFile(entry)) found.push(await new Promise<File>((resolve, reject) => (entry).file(resolve, reject)));
    else waiting.push(...(await entriesOf(entry as FileSystemDirectoryEntry)));
  }
  return found.filter((file) => !file.name.startsWith("."));
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

/** A directory is read by portions, until one is empty. */
async function entriesOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (portion.length === 0) return found;
    found.push(...portion);
  }
}
