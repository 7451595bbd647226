//! The certificate of the server, and the clients that trust it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use gatewright_tokio::rustls::crypto::ring;
use gatewright_tokio::rustls::pki_types::CertificateDer;
use gatewright_tokio::rustls::pki_types::pem::PemObject;
use gatewright_tokio::rustls::{ClientConfig, RootCertStore};

/// The variable that names a file with roots, for whoever takes those of the operating system.
pub const ROOTS: &str = "SSL_CERT_FILE";

/// Writes a certificate for clients to trust.
pub fn write(file: &Path, root: &CertificateDer<'_>) -> Result<()> {
    Ok(std::fs::write(file, pem::encode(&pem::Pem::new("CERTIFICATE", root.to_vec())))?)
}

/// Returns a configuration that trusts the certificate, if there is one.
pub fn trusting() -> Result<Option<Arc<ClientConfig>>> {
    let Some(file) = std::env::var_os(ROOTS) else { return Ok(None) };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file)?)?;
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(Some(Arc::new(builder.with_root_certificates(roots).with_no_client_auth())))
}
