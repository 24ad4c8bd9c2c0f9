// The files of the visitor's own networks, kept in this browser over a reload. Without storage (a private window, or it is
// switched off or full) nothing is kept.

/** @typedef {{ name: string, number: number, when: number, bytes: ArrayBuffer }} Kept */

const FILES = "files";
const NUMBERS = "numbers"; // one entry for each number that was given away, in whichever window

/** @returns {Promise<IDBDatabase>} */
function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("dae-networks", 2);
    asked.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1) asked.result.createObjectStore(FILES, { keyPath: "name" });
      asked.result.createObjectStore(NUMBERS, { autoIncrement: true });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

/**
 * @template T
 * @param {string} store
 * @param {IDBTransactionMode} mode
 * @param {(entries: IDBObjectStore) => IDBRequest<T>} work
 * @returns {Promise<T>}
 */
async function within(store, mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(store, mode);
      const asked = work(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** Keep a file, in the place of one of the same name. Whether that could be done. @param {Kept} file */
export const keepFile = (file) =>
  within(FILES, "readwrite", (files) => files.put(file)).then(
    () => true,
    () => false,
  );

/** @param {string} name */
export const forgetFile = (name) => within(FILES, "readwrite", (files) => files.delete(name)).catch(() => {});

/**
 * A number for a network that no window of this browser has had.
 * @param {number} least where nothing is kept: this one
 */
export const reserveNumber = (least) =>
  within(NUMBERS, "readwrite", (numbers) => numbers.add(true))
    .then((given) =>
      Number(given) < least ? within(NUMBERS, "readwrite", (numbers) => numbers.add(true, least)) : given,
    )
    .then(Number, () => least);

/** All files that are kept, the oldest first; null where this browser keeps none. @returns {Promise<Kept[] | null>} */
export const keptFiles = () =>
  within(FILES, "readonly", (files) => /** @type {IDBRequest<Kept[]>} */ (files.getAll())).then(
    (found) => found.sort((a, b) => a.when - b.when),
    () => null,
  );
