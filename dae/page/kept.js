// The files of the visitor's own networks, kept in this browser over a reload. Without storage (a private window, or it is
// switched off or full) nothing is kept.

/** @typedef {{ name: string, number: number, when: number, bytes: ArrayBuffer }} Kept */

const FILES = "files";

/** @returns {Promise<IDBDatabase>} */
function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("dae-networks", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(FILES, { keyPath: "name" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(files: IDBObjectStore) => IDBRequest<T>} work
 * @returns {Promise<T>}
 */
async function within(mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(FILES, mode);
      const asked = work(transaction.objectStore(FILES));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** Keep a file, in the place of one of the same name. Whether that could be done. @param {Kept} file */
export const keepFile = (file) =>
  within("readwrite", (files) => files.put(file)).then(
    () => true,
    () => false,
  );

/** @param {string} name */
export const forgetFile = (name) => within("readwrite", (files) => files.delete(name)).catch(() => {});

/** All files that are kept, the oldest first. @returns {Promise<Kept[]>} */
export const keptFiles = () =>
  within("readonly", (files) => /** @type {IDBRequest<Kept[]>} */ (files.getAll())).then(
    (found) => found.sort((a, b) => a.when - b.when),
    () => [],
  );
