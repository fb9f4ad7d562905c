"""Lines about archives and packed files: see cases.py."""

LINES = r"""
tar -tf pack.tar
tar -tvf pack.tar
tar tf pack.tar
tar tvf p.tgz
tar -tf q.tar.xz
tar -tzf p.tgz
tar -xf pack.tar
tar xf p.tgz
tar -xvf pack.tar
tar -xJf q.tar.xz
tar -xf pack.tar -C emptydir
tar -xf pack.tar pack/file
tar -xf pack.tar pack/file nothere
tar -tf pack.tar pack
tar -xf pack.tar --strip-components=1
tar -xf pack.tar --strip-components 2
tar -xf pack.tar --exclude=pack/script
tar -xf pack.tar --exclude='s*'
tar -tf pack.tar --exclude=pack
tar -xOf pack.tar pack/file
tar -xf nothere.tar
tar -tf words
tar -xmf pack.tar
tar -t < pack.tar
tar -tf - < p.tgz
tar -xvzf p.tgz -C emptydir pack/soft
tar -cvf new.tar nothere
tar -c
tar -tf broken.gz
tar -xkf pack.tar
tar -tf empty
gzip -dc text.gz
gzip -d text.gz
gzip -dk text.gz
gzip -t text.gz
gzip -t broken.gz
gzip -t words
gzip -d words
gzip nothere
gzip dir
gzip text.gz
gunzip text.gz
gunzip -c text.gz
gunzip -k p.tgz
gunzip -c two.gz
gunzip < text.gz
zcat text.gz two.gz
zcat < text.gz
zcat broken.gz
zcat nothere
bzip2 -dc text.bz2
bzip2 -d text.bz2
bzip2 -t text.bz2
bunzip2 text.bz2
bunzip2 -k text.bz2
bzcat text.bz2
bunzip2 nothere
xz -dc text.xz
xz -dk text.xz
xz -d text.xz
xz -t text.xz
unxz text.xz
unxz -k q.tar.xz
xzcat text.xz
xzcat words
xz nothere
zstd -dc text.zst
zstd -d text.zst
unzstd text.zst
unzstd --rm text.zst
zstdcat text.zst
zstd -t text.zst
"""
