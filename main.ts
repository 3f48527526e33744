#!/usr/bin/env node
// The built package starts at dist/main.js; everything it does is in src/main.ts.
import './src/main.ts';
