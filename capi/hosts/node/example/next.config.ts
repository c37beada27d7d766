import type { NextConfig } from 'next';

const config: NextConfig = {
  output: 'standalone',
  // Both load an addon, which a bundler cannot take in.
  serverExternalPackages: ['wayfare', 'better-sqlite3'],
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
  poweredByHeader: false,
  devIndicators: false,
};

export default config;
