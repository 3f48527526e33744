import fc from 'fast-check';

/**
 * Properties are tried with the same random inputs in every run, so that a failure is one of the change at hand and can
 * be repeated. `FC_SEED=…` tries others.
 */
fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 20_261_122) });
