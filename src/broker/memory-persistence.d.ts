/** The package ships the types of its in-memory store, but not where its code is. */
declare module 'aedes-persistence/asyncPersistence.js' {
  import MemoryPersistence = require('aedes-persistence/types/asyncPersistence.js');
  export = MemoryPersistence;
}
